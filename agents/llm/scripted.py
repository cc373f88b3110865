"""Deterministic doubles of a language model, inside the process: no server, no key, no cost.

`Connection.model` names a script, with options behind a question mark: `stub200?latency_ms=50`. Modules listed in the
environment variable `VICTOR_SCRIPTS` (comma-separated) are imported first, so that other processes know their scripts.
"""

import asyncio
import inspect
import os
import secrets
from collections import Counter, defaultdict, deque
from collections.abc import Awaitable, Callable
from decimal import Decimal
from functools import cache
from importlib import import_module
from urllib.parse import parse_qs

from agents.llm.errors import LlmMisconfigured
from agents.llm.types import Connection, LlmAnswer, LlmRequest, ToolCall
from victoros.lib.sentences import sentence as _

Script = Callable[[LlmRequest, int], LlmAnswer | Awaitable[LlmAnswer]]
HISTORY_LENGTH = 1000

_scripts: dict[str, Script] = {}
_counts: Counter[str] = Counter()
_history: defaultdict[str, deque[LlmRequest]] = defaultdict(lambda: deque(maxlen=HISTORY_LENGTH))


def register_script(name: str, script: Script) -> None:
    """Make `script(request, n)` answer for the model `name`; n counts its requests from 0. It may raise, or be async."""
    _scripts[name] = script
    forget_requests(name)


def list_requests(name: str) -> list[LlmRequest]:
    """Return what the script was asked, oldest first, at most the last thousand."""
    return list(_history[name])


def count_requests(name: str) -> int:
    """Return how often the script was asked."""
    return _counts[name]


def forget_requests(name: str) -> None:
    """Empty the script's history and let it count from 0 again."""
    _history.pop(name, None)
    _counts.pop(name, None)


def say(
    text: str = "",
    *,
    call: str = "",
    arguments: dict[str, object] | None = None,
    data: dict[str, object] | None = None,
) -> LlmAnswer:
    """Return an answer for a script: words, a call of the tool `call`, or data. Tokens are counted as words."""
    made = ToolCall(call, dict(arguments or {}), f"call-{secrets.token_hex(6)}") if call else None
    return LlmAnswer(
        text=text,
        call=made,
        data=data,
        tokens_in=0,
        tokens_out=len(text.split()) + (10 if made else 0),
        cost=Decimal(0),
        latency_ms=0,
        model="scripted",
        finish_reason="tool_call" if made else "stop",
    )


async def ask_script(connection: Connection, request: LlmRequest) -> LlmAnswer:
    """Let the named script answer, after its latency. The answer is handed on as the script made it, unchecked."""
    name, _, query = connection.model.partition("?")
    script = _find_script(name)
    turn = _counts[name]
    _counts[name] += 1
    _history[name].append(request)
    if latency_s := _read_latency_s(query):
        await asyncio.sleep(latency_s)
    answer = script(request, turn)
    return await answer if inspect.isawaitable(answer) else answer


def _find_script(name: str) -> Script:
    _import_scripts()
    if name not in _scripts:
        raise LlmMisconfigured(
            _("No script is named %(name)s.") % {"name": repr(name)},
            hint=_("Known: %(names)s.") % {"names": ", ".join(sorted(_scripts))},
        )
    return _scripts[name]


@cache
def _import_scripts() -> None:
    for module in filter(None, os.environ.get("VICTOR_SCRIPTS", "").split(",")):
        import_module(module.strip())


def _read_latency_s(query: str) -> float:
    return float(parse_qs(query).get("latency_ms", ["0"])[0]) / 1000


def _echo(request: LlmRequest, n: int) -> LlmAnswer:
    """Say the last user text again; with tools, call `complete` (or the first tool) with it in every required field."""
    said = next((turn.text for turn in reversed(request.turns) if turn.role == "user"), "")
    if not request.tools:
        return say(said, data={"text": said} if request.schema is not None else None)
    tool = next((tool for tool in request.tools if tool.name == "complete"), request.tools[0])
    return say(call=tool.name, arguments=dict.fromkeys(tool.schema.get("required", ()), said))


def _stub200(request: LlmRequest, n: int) -> LlmAnswer:
    return say("x" * 200)


register_script("echo", _echo)
register_script("stub200", _stub200)
