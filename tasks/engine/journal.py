"""Requests and answers as the journal keeps them, and back."""

from dataclasses import fields
from decimal import Decimal
from typing import Any

from agents.llm.types import LlmAnswer, LlmRequest, ToolCall

NANO = Decimal(10) ** 9
_ANSWER = [field.name for field in fields(LlmAnswer)]


def request_to_json(request: LlmRequest) -> dict[str, Any]:
    """Return the prompt as sent: system, turns, names of the tools offered, schema and limits."""
    kept: dict[str, Any] = {
        "system": request.system,
        "turns": [_turn_to_json(turn.role, turn.text, turn.call) for turn in request.turns],
        "max_tokens": request.max_tokens,
    }
    if request.tools:
        kept["tools"] = [tool.name for tool in request.tools]
    if request.schema:
        kept["schema"] = request.schema
    return kept


def answer_to_json(answer: LlmAnswer) -> dict[str, Any]:
    """Return an answer as JSON; `answer_from_json` gives it back unchanged."""
    kept = {name: getattr(answer, name) for name in _ANSWER}
    call = answer.call
    kept["call"] = {"name": call.name, "arguments": call.arguments, "id": call.id} if call else None
    kept["cost"] = str(answer.cost)
    return kept


def answer_from_json(kept: dict[str, Any]) -> LlmAnswer:
    """Return the answer a finished think step holds."""
    call = kept.get("call")
    return LlmAnswer(**{**kept, "call": ToolCall(**call) if call else None, "cost": Decimal(kept["cost"])})


def nanos_of(cost: Decimal | None) -> int:
    """Return US dollars as whole billionths; None is nothing."""
    return int((cost or Decimal(0)) * NANO)


def _turn_to_json(role: str, text: str, call: ToolCall | None) -> dict[str, Any]:
    turn: dict[str, Any] = {"role": role, "text": text}
    if call is not None:
        turn["call"] = {"name": call.name, "arguments": call.arguments}
    return turn
