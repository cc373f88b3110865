"""The prompt of a think step exactly as it was sent, rebuilt where the journal keeps only what was new."""

import json
from dataclasses import dataclass, field, replace
from itertools import takewhile
from typing import Any

from tasks.models import Step
from tasks.selectors.words import Text, cut_text, fold_text

REACH = 200
"""How many steps back a conversation is rebuilt at most."""
NUDGE = "Call a tool; call complete when the task is done."
OBSERVED = 6_000
"""Both as in `tasks.programs.loop`, which a test holds them against."""


@dataclass(frozen=True)
class ShownTurn:
    """One turn of a conversation."""

    role: str
    """`user`, `assistant` or `tool`."""
    text: str = ""
    tool: str = ""
    arguments: dict[str, Any] = field(default_factory=dict)

    @property
    def shown_text(self) -> str:
        """The text, cut when it is very long."""
        return cut_text(self.text)

    @property
    def folded(self) -> Text:
        """The text with its head apart."""
        return fold_text(self.text)

    @property
    def shown_arguments(self) -> list[tuple[str, str]]:
        """The arguments as name and JSON; a text of several lines stands as it is between triple quotes."""
        return [(name, _as_literal(value)) for name, value in self.arguments.items()]


@dataclass(frozen=True)
class Prompt:
    """What the language model was sent."""

    system: str
    turns: list[ShownTurn]
    tools: list[str]
    schema: str = ""
    """JSON schema the answer had to keep to; empty for none."""
    left_out: int = 0
    """Steps before the first turn shown that were part of the conversation too."""

    @property
    def folded_system(self) -> Text:
        """The instructions with their head apart."""
        return fold_text(self.system)


def rebuild_prompt(step: Step) -> Prompt:
    """Return the whole prompt of a think step, also where the journal keeps only what was new since an earlier one."""
    if "since_step" not in step.request:
        return _as_prompt(step.request, _turns(step.request.get("turns")), 0)
    earlier = list(Step.objects.filter(attempt_id=step.attempt_id, n__lt=step.n).order_by("-n")[:REACH])
    base = next((row for row in earlier if _is_whole(row)), None)
    between = list(takewhile(lambda row: row is not base, earlier))[::-1]
    left_out = 0
    if base is None:
        whole = Step.objects.filter(attempt_id=step.attempt_id, kind="think", request__has_key="system")
        base = whole.order_by("-n").first()
        left_out = between[0].n - 1 if between else 0
    request = {**(base.request if base else {}), **step.request}
    told = between if left_out or base is None else [base, *between]
    return _as_prompt(request, _turns(request.get("turns")) + retell(told), left_out)


def retell(steps: list[Step]) -> list[ShownTurn]:
    """Return the turns that finished steps added to the conversation of the program `loop`."""
    turns: list[ShownTurn] = []
    for step in steps:
        result = step.result if isinstance(step.result, dict) else {}
        if step.kind == Step.Kind.THINK:
            turns += _retell_think(step, result)
        elif step.kind == Step.Kind.WAIT:
            _retell_wait(step, result, turns)
        else:
            turns.append(ShownTurn("tool", _observed(result), step.name))
    return turns


def read_call(call: Any) -> ShownTurn | None:
    """Return the call a model made as a turn; None when it made none."""
    if not isinstance(call, dict) or not call:
        return None
    return ShownTurn("assistant", "", str(call.get("name") or call.get("tool") or ""), _arguments(call))


def read_answer(result: dict[str, Any]) -> str:
    """Return what a model said in words, or the data it answered with."""
    text = result.get("text")
    return str(text) if text else json.dumps(result["data"], ensure_ascii=False, indent=2) if result.get("data") else ""


def _retell_think(step: Step, result: dict[str, Any]) -> list[ShownTurn]:
    """A failed question added nothing; words without a call were answered by a nudge."""
    if step.outcome == Step.Outcome.FAILED:
        return []
    call = read_call(result.get("call"))
    if call:
        return [replace(call, text=str(result.get("text") or ""))]
    return [ShownTurn("assistant", read_answer(result)), ShownTurn("user", NUDGE)]


def _retell_wait(step: Step, result: dict[str, Any], turns: list[ShownTurn]) -> None:
    """What a subtask came to replaces what making it said; an answer is told in its own words."""
    if step.name == "subtask" and turns and turns[-1].role == "tool":
        turns[-1] = ShownTurn("tool", _observed(result), turns[-1].tool)
    elif step.name == "answer":
        turns.append(ShownTurn("tool", str(result.get("answer", "")), "ask"))
    else:
        turns.append(ShownTurn("tool", _observed(result), step.name))


def _observed(result: dict[str, Any]) -> str:
    return json.dumps(result, ensure_ascii=False)[:OBSERVED]


def _is_whole(step: Step) -> bool:
    return step.kind == Step.Kind.THINK and "system" in step.request


def _as_prompt(request: dict[str, Any], turns: list[ShownTurn], left_out: int) -> Prompt:
    tools = [
        str(tool.get("name", tool)) if isinstance(tool, dict) else str(tool) for tool in request.get("tools") or []
    ]
    schema = json.dumps(request["schema"], ensure_ascii=False, indent=2) if request.get("schema") else ""
    return Prompt(cut_text(str(request.get("system", ""))), turns, tools, schema, left_out)


def _turns(turns: Any) -> list[ShownTurn]:
    return [_turn(turn) for turn in turns or [] if isinstance(turn, dict)]


def _turn(turn: dict[str, Any]) -> ShownTurn:
    call = turn.get("call")
    role, text = str(turn.get("role", "")), str(turn.get("text", ""))
    if isinstance(call, dict) and call:
        return ShownTurn(role, text, str(call.get("name", "")), _arguments(call) if role != "tool" else {})
    return ShownTurn(role, text)


def _arguments(call: dict[str, Any]) -> dict[str, Any]:
    """Return a call's arguments, also where a model gave something that is none."""
    given = call.get("arguments") or {}
    return given if isinstance(given, dict) else {"arguments": given}


def _as_literal(value: Any) -> str:
    if isinstance(value, str) and "\n" in value:
        return f'"""{cut_text(value)}"""'
    return cut_text(json.dumps(value, ensure_ascii=False))
