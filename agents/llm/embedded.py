"""Lets the small embedded model act: it cannot call tools, so their choice becomes one JSON schema it is held to."""

import json
from dataclasses import replace

from agents.llm.embedded_server import CONTEXT_PER_SLOT, MODEL_NAME
from agents.llm.errors import LlmBadAnswer, LlmMisconfigured
from agents.llm.fitting import LETTERS_PER_TOKEN, fit_turns
from agents.llm.schemas import narrow_schema
from agents.llm.types import (
    Connection,
    JsonObject,
    LlmRequest,
    ToolCall,
    ToolOffer,
    Turn,
)
from agents.llm.wires.chat import ChatWire
from agents.llm.wires.reply import RawCall, Reply
from victoros.lib.sentences import sentence as _

_ACT = "Answer with one JSON object and nothing else. It calls one tool:"
_EXTRA: JsonObject = {"cache_prompt": True}


class EmbeddedWire:
    """The chat wire with tools and schemas compiled into constrained decoding; the caller does not notice."""

    def __init__(self) -> None:
        self._chat = ChatWire()

    async def send(self, connection: Connection, request: LlmRequest) -> Reply:
        """Ask; a small model likes to repeat its last call word for word, and is then asked once more without that tool."""
        local = replace(
            connection,
            base_url=connection.base_url or _find_server(),
            model=connection.model or MODEL_NAME,
        )
        reply = await self._send_once(local, request)
        repeated = _find_repeated(reply, request.turns)
        if not repeated or len(request.tools) == 1:
            return reply
        again = await self._send_once(local, request, without=repeated)
        return replace(
            again,
            tokens_in=again.tokens_in + reply.tokens_in,
            tokens_out=again.tokens_out + reply.tokens_out,
        )

    async def _send_once(self, connection: Connection, request: LlmRequest, without: str = "") -> Reply:
        reply = await self._chat.send(connection, compile_request(request, without), _EXTRA)
        return read_choice(reply) if request.tools else reply

    async def close(self) -> None:
        await self._chat.close()


def compile_request(request: LlmRequest, without: str = "") -> LlmRequest:
    """Return the request without tools: a schema with one alternative per tool, explained by an example of each.

    The tool named `without` is explained all the same, so that the server's memory of the prompt still fits, but it
    cannot be chosen.
    """
    turns = tuple(map(_flatten_turn, fit_turns(request.turns, _count_free_letters(request))))
    if request.schema is not None:
        return replace(
            request,
            turns=turns,
            schema=narrow_schema(request.schema, request.max_tokens),
        )
    if not request.tools:
        return replace(request, turns=turns)
    return replace(
        request,
        system="\n".join([request.system, _ACT, *map(_explain_tool, request.tools)]),
        turns=turns,
        tools=(),
        schema=_compile_choice([tool for tool in request.tools if tool.name != without], request.max_tokens),
        schema_name="action",
    )


def read_choice(reply: Reply) -> Reply:
    """Return the reply with the chosen tool as its call. Raise `LlmBadAnswer` for text that is no complete choice."""
    try:
        found = json.loads(reply.text)
        call = RawCall(name=found["tool"], arguments=found["arguments"], id="")
    except (ValueError, LookupError, TypeError) as error:
        reason = "was cut off at the token limit" if reply.finish_reason == "length" else "calls no tool"
        raise LlmBadAnswer(
            f"The answer {reason}.",
            answer=reply.text,
            tokens_in=reply.tokens_in,
            tokens_out=reply.tokens_out,
        ) from error
    return replace(reply, text="", calls=(call,), finish_reason="tool_call")


def _compile_choice(tools: list[ToolOffer], max_tokens: int) -> JsonObject:
    choices = [_compile_tool(tool, max_tokens) for tool in tools]
    return choices[0] if len(choices) == 1 else {"anyOf": choices}


def _compile_tool(tool: ToolOffer, max_tokens: int) -> JsonObject:
    return {
        "type": "object",
        "properties": {
            "tool": {"const": tool.name},
            "arguments": narrow_schema(tool.schema, max_tokens),
        },
        "required": ["tool", "arguments"],
        "additionalProperties": False,
    }


def _count_free_letters(request: LlmRequest) -> int:
    """Return how much conversation fits beside the system prompt, the tools and the answer."""
    tools = sum(len(tool.description) + len(str(tool.schema)) // 2 for tool in request.tools)
    return (CONTEXT_PER_SLOT - request.max_tokens) * LETTERS_PER_TOKEN - len(request.system) - tools


def _find_repeated(reply: Reply, turns: tuple[Turn, ...]) -> str:
    """Return the tool's name if the reply repeats an earlier call exactly, else an empty text."""
    earlier = [(turn.call.name, turn.call.arguments) for turn in turns if turn.role == "assistant" and turn.call]
    return next(
        (call.name for call in reply.calls if (call.name, call.arguments) in earlier),
        "",
    )


def _explain_tool(tool: ToolOffer) -> str:
    names = tool.schema.get("required") or list(tool.schema.get("properties", {}))
    example = {name: f"<{name}>" for name in names}
    return f"{tool.description} -> {_write_choice(tool.name, example)}"


def _write_choice(name: str, arguments: JsonObject) -> str:
    return json.dumps({"tool": name, "arguments": arguments}, ensure_ascii=False)


def _flatten_turn(turn: Turn) -> Turn:
    """Write calls and their results as plain text: the model's template knows only system, user and assistant."""
    if turn.role == "assistant" and turn.call:
        return Turn("assistant", _flatten_call(turn.call))
    if turn.role == "tool":
        return Turn(
            "user",
            f"Result of {turn.call.name if turn.call else 'the tool'}:\n{turn.text}",
        )
    return turn


def _flatten_call(call: ToolCall) -> str:
    return _write_choice(call.name, call.arguments)


def _find_server() -> str:
    from django.conf import (
        settings,
    )  # only here: a client that names its server needs no settings

    if not settings.VICTOR_LLM_URL:
        raise LlmMisconfigured(
            _("The embedded language model is not running."),
            hint=_("Start `./victor up` without --no-model, or connect another provider."),
        )
    return str(settings.VICTOR_LLM_URL)
