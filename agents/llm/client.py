"""Asks language models: picks the wire, keeps the limits of time and number, checks the answer, names its price."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

from agents.llm.answers import Parsed, check_request, parse_answer
from agents.llm.errors import LlmBadAnswer, LlmMisconfigured, LlmTimeout
from agents.llm.pricing import find_cost, needs_list, read_list
from agents.llm.scripted import ask_script
from agents.llm.types import Connection, LlmAnswer, LlmRequest
from agents.llm.wires.reply import Reply, Wire
from victoros.lib.sentences import sentence as _

_OFFICIAL_HOST = "api.openai.com"
_WIRES = {
    "embedded": "embedded",
    "anthropic": "sdk",
    "ollama": "chat",
    "scripted": "script",
}

MOST_CONNECTIONS = 256
"""Connections whose places are remembered; a provider that was changed is another connection."""


class LlmClient:
    """One per process and event loop. Never retries: whoever asks decides that, with the error in hand.

    `pick` names the wire for a connection; the default is `choose_wire`.
    """

    def __init__(self, pick: Callable[[Connection], str] | None = None) -> None:
        self._pick = pick or choose_wire
        self._wires: dict[str, Wire] = {}
        self._places: dict[Connection, asyncio.Semaphore] = {}

    async def ask(
        self, connection: Connection, request: LlmRequest, *, admit: Callable[[], Awaitable[None]] | None = None
    ) -> LlmAnswer:
        """Return the model's checked answer, or raise an `LlmError`.

        Waits first, without limit, while `connection.max_concurrent` questions of this client are under way; then at
        most `request.timeout_s`. `admit` is awaited in between, once it is the question's turn: what was true before the
        wait may not be any more. Cancelling the caller cancels the question.
        """
        check_request(request)
        async with self._find_places(connection):
            wire = await self._find_wire(connection)
            if needs_list(connection):
                await asyncio.to_thread(read_list)
            if admit is not None:
                await admit()
            started = time.perf_counter()
            try:
                async with asyncio.timeout(request.timeout_s):
                    answer = await _ask_now(wire, connection, request)
            except TimeoutError as error:
                who = connection.name or connection.kind
                raise LlmTimeout(
                    _("%(who)s did not answer within %(seconds)s s.")
                    % {"who": who, "seconds": f"{request.timeout_s:g}"}
                ) from error
        return replace(answer, latency_ms=round((time.perf_counter() - started) * 1000))

    async def close(self) -> None:
        """End every connection. The client can be used again."""
        while self._wires:
            await self._wires.popitem()[1].close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    def _find_places(self, connection: Connection) -> asyncio.Semaphore:
        if connection not in self._places:
            if len(self._places) >= MOST_CONNECTIONS:  # providers were changed very often
                self._places = {kept: places for kept, places in self._places.items() if _is_used(kept, places)}
            self._places[connection] = asyncio.Semaphore(max(1, connection.max_concurrent))
        return self._places[connection]

    async def _find_wire(self, connection: Connection) -> Wire | None:
        """Return the open wire for this connection, None for scripts. The first use imports it, beside the event loop."""
        name = self._pick(connection)
        if name == "script":
            return None
        if name not in self._wires:
            open_wire = await asyncio.to_thread(_import_wire, name)
            self._wires.setdefault(name, open_wire())
        return self._wires[name]


def _is_used(connection: Connection, places: asyncio.Semaphore) -> bool:
    return places.locked() or places._value < connection.max_concurrent


def choose_wire(connection: Connection) -> str:
    """Return the name of the wire: `script`, `embedded`, `chat` or `sdk`.

    The makers' own addresses go through pydantic-ai (`sdk`), which knows the quirks of each of their models; every
    other OpenAI-compatible server through the light `chat` wire.
    """
    if connection.kind == "openai":
        return "sdk" if urlsplit(connection.base_url).hostname in (None, _OFFICIAL_HOST) else "chat"
    if connection.kind in _WIRES:
        return _WIRES[connection.kind]
    raise LlmMisconfigured(_("There is no kind of provider named %(kind)s.") % {"kind": repr(connection.kind)})


async def _ask_now(wire: Wire | None, connection: Connection, request: LlmRequest) -> LlmAnswer:
    if wire is None:
        return await ask_script(connection, request)
    try:
        reply = await wire.send(connection, request)
        return _price(connection, reply, parse_answer(reply, request))
    except LlmBadAnswer as error:
        error.cost, error.cost_known = find_cost(connection, connection.model, error.tokens_in, error.tokens_out)
        raise


def _import_wire(name: str) -> Callable[[], Wire]:
    """Import late: a process pays only for the wires it uses (aiohttp 24 MB, pydantic-ai with both SDKs 90 MB)."""
    if name == "sdk":
        from agents.llm.wires.sdk import SdkWire

        return SdkWire
    from agents.llm.embedded import EmbeddedWire
    from agents.llm.wires.chat import ChatWire

    return EmbeddedWire if name == "embedded" else ChatWire


def _price(connection: Connection, reply: Reply, parsed: Parsed) -> LlmAnswer:
    model = reply.model or connection.model
    cost, known = find_cost(connection, model, reply.tokens_in, reply.tokens_out)
    return LlmAnswer(
        text=parsed.text,
        call=parsed.call,
        data=parsed.data,
        tokens_in=reply.tokens_in,
        tokens_out=reply.tokens_out,
        cost=cost,
        latency_ms=0,
        model=model,
        finish_reason=reply.finish_reason,
        cost_known=known,
    )
