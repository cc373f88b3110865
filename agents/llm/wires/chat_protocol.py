"""The bodies of the OpenAI chat protocol: how a request is written and an answer read. No sockets here."""

import json

from agents.llm.errors import LlmBadAnswer
from agents.llm.types import Connection, JsonObject, LlmRequest, ToolCall, Turn
from agents.llm.wires.reply import RawCall, Reply
from victoros.lib.sentences import sentence as _

_FINISH_WORDS = {"tool_calls": "tool_call", "function_call": "tool_call"}


def write_body(connection: Connection, request: LlmRequest) -> JsonObject:
    """Return the body of a chat completion request."""
    body: JsonObject = {
        "model": connection.model,
        "messages": [
            {"role": "system", "content": request.system},
            *map(_write_turn, request.turns),
        ],
        "max_tokens": request.max_tokens,
        "temperature": request.temperature,
    }
    if request.seed is not None:
        body["seed"] = request.seed
    if request.tools:
        body["tools"] = [
            {
                "type": "function",
                "function": {
                    "name": t.name,
                    "description": t.description,
                    "parameters": t.schema,
                },
            }
            for t in request.tools
        ]
        body["tool_choice"] = "required"
    if request.schema is not None:
        form = {"name": request.schema_name, "schema": request.schema}
        body["response_format"] = {"type": "json_schema", "json_schema": form}
    return body


def read_body(text: str) -> Reply:
    """Return the reply in a chat completion's body; anything else is a bad answer."""
    try:
        found = json.loads(text)
        choice = found["choices"][0]
        message, usage = choice["message"], found.get("usage") or {}
        finish = choice.get("finish_reason") or "stop"
        return Reply(
            text=message.get("content") or "",
            calls=tuple(map(_read_call, message.get("tool_calls") or ())),
            refusal=message.get("refusal") or "",
            finish_reason=_FINISH_WORDS.get(finish, finish),
            model=found.get("model") or "",
            tokens_in=int(usage.get("prompt_tokens") or 0),
            tokens_out=int(usage.get("completion_tokens") or 0),
        )
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        raise LlmBadAnswer(_("The provider's answer is not a chat completion."), answer=text) from error


def _write_turn(turn: Turn) -> JsonObject:
    if turn.role == "tool":
        return {
            "role": "tool",
            "content": turn.text,
            "tool_call_id": turn.call.id if turn.call else "",
        }
    message: JsonObject = {"role": turn.role, "content": turn.text}
    if turn.call:
        message["tool_calls"] = [_write_call(turn.call)]
    return message


def _write_call(call: ToolCall) -> JsonObject:
    return {
        "id": call.id,
        "type": "function",
        "function": {
            "name": call.name,
            "arguments": json.dumps(call.arguments, ensure_ascii=False),
        },
    }


def _read_call(found: JsonObject) -> RawCall:
    function = found["function"]
    return RawCall(
        name=function["name"],
        arguments=function.get("arguments") or "",
        id=found.get("id") or "",
    )
