"""How the stand-in understands and writes the three protocols: OpenAI chat completions, Anthropic messages, Ollama."""

import json
from dataclasses import dataclass, field
from itertools import count
from typing import Any

Json = dict[str, Any]
_ids = count(1)


@dataclass(frozen=True)
class Question:
    """A request, whichever protocol it came in."""

    protocol: str
    body: Json
    last_text: str
    tools: dict[str, Json] = field(default_factory=dict)
    """Name and argument schema of each offered tool."""
    schema: Json | None = None


@dataclass(frozen=True)
class Saying:
    """What the stand-in answers."""

    text: str = ""
    tool: str = ""
    arguments: Any = None
    """An object, or a text that is sent as it is (to send broken JSON)."""
    refusal: bool = False
    finish: str = ""
    """`length` for an answer that was cut off; empty for the natural end."""
    tokens_in: int = 20
    tokens_out: int = 10


def read_chat(body: Json) -> Question:
    """Read an OpenAI (or Ollama) chat completion request."""
    form = body.get("response_format") or {}
    return Question(
        protocol="openai",
        body=body,
        last_text=_last_text(body["messages"]),
        tools={tool["function"]["name"]: tool["function"].get("parameters", {}) for tool in body.get("tools", ())},
        schema=form.get("json_schema", {}).get("schema") if form.get("type") == "json_schema" else None,
    )


def read_messages(body: Json) -> Question:
    """Read an Anthropic messages request."""
    output = body.get("output_config", {}).get("format") or body.get("output_format") or {}
    return Question(
        protocol="anthropic",
        body=body,
        last_text=_last_text(body["messages"]),
        tools={tool["name"]: tool.get("input_schema", {}) for tool in body.get("tools", ())},
        schema=output.get("schema"),
    )


def write_chat(question: Question, saying: Saying) -> Json:
    """Write a chat completion."""
    message: Json = {"role": "assistant", "content": saying.text or None}
    finish = saying.finish or ("tool_calls" if saying.tool else "stop")
    if saying.refusal:
        message |= {"content": None, "refusal": saying.text}
    if saying.tool:
        function = {"name": saying.tool, "arguments": _as_text(saying.arguments)}
        message["tool_calls"] = [{"id": f"call_{next(_ids)}", "type": "function", "function": function}]
    return {
        "id": f"chatcmpl-{next(_ids)}",
        "object": "chat.completion",
        "created": 1_700_000_000,
        "model": question.body["model"],
        "choices": [{"index": 0, "message": message, "finish_reason": finish}],
        "usage": {
            "prompt_tokens": saying.tokens_in,
            "completion_tokens": saying.tokens_out,
            "total_tokens": saying.tokens_in + saying.tokens_out,
        },
    }


def write_message(question: Question, saying: Saying) -> Json:
    """Write an Anthropic message."""
    content: list[Json] = [{"type": "text", "text": saying.text}] if saying.text and not saying.refusal else []
    if saying.tool:
        content.append(
            {
                "type": "tool_use",
                "id": f"toolu_{next(_ids)}",
                "name": saying.tool,
                "input": saying.arguments,
            }
        )
    natural = "refusal" if saying.refusal else "tool_use" if saying.tool else "end_turn"
    return {
        "id": f"msg_{next(_ids)}",
        "type": "message",
        "role": "assistant",
        "model": question.body["model"],
        "content": content,
        "stop_reason": "max_tokens" if saying.finish == "length" else natural,
        "stop_sequence": None,
        "usage": {"input_tokens": saying.tokens_in, "output_tokens": saying.tokens_out},
    }


def write_error(protocol: str, status: int, code: str, message: str) -> Json:
    """Write an error body as the real service would."""
    if protocol == "anthropic":
        return {"type": "error", "error": {"type": code, "message": message}}
    return {"error": {"message": message, "type": code, "param": None, "code": code}}


def answer_plainly(question: Question) -> Saying:
    """Answer sensibly: call `complete` or the first tool, follow the schema, or say the last text again."""
    if question.tools:
        name = "complete" if "complete" in question.tools else next(iter(question.tools))
        return Saying(tool=name, arguments=make_example(question.tools[name], question.last_text))
    if question.schema is not None:
        return Saying(text=json.dumps(make_example(question.schema, question.last_text)))
    return Saying(text=f"You said: {question.last_text}"[:2000])


def make_example(schema: Json, text: str) -> Any:
    """Return the smallest value that follows the schema; texts are cut from `text`."""
    if "const" in schema or "enum" in schema:
        return schema["const"] if "const" in schema else schema["enum"][0]
    if "anyOf" in schema:
        return make_example(schema["anyOf"][0], text)
    kind = schema.get("type", "object" if "properties" in schema else "string")
    if kind == "object":
        properties: Json = schema.get("properties", {})
        return {name: make_example(properties[name], text) for name in schema.get("required") or properties}
    if kind == "array":
        return [make_example(schema.get("items", {}), text)] * max(1, schema.get("minItems", 1))
    if kind in ("integer", "number"):
        return max(1, schema.get("minimum", 1))
    return True if kind == "boolean" else (text or "text")[: schema.get("maxLength", 200)]


def _last_text(turns: list[Json]) -> str:
    content: Any = turns[-1].get("content") if turns else None
    if isinstance(content, list):
        return " ".join(str(part.get("text") or part.get("content") or "") for part in content)
    return str(content or "")


def _as_text(arguments: Any) -> str:
    return arguments if isinstance(arguments, str) else json.dumps(arguments)
