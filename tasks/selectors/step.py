"""One step opened: the prompt as it was sent, the tools offered, the answer, the call and its result."""

import json
from dataclasses import dataclass, field
from itertools import takewhile
from typing import Any

from tasks.models import Attempt, Effect, Step
from tasks.selectors.journal import arguments_of

REACH = 200
"""How many steps back a conversation is rebuilt at most."""


@dataclass(frozen=True)
class ShownTurn:
    """One turn of a conversation."""

    role: str
    """`user`, `assistant` or `tool`."""
    text: str = ""
    tool: str = ""
    arguments: dict[str, Any] = field(default_factory=dict)

    @property
    def shown_arguments(self) -> list[tuple[str, str]]:
        """The arguments as name and JSON."""
        return [(name, json.dumps(value, ensure_ascii=False)) for name, value in self.arguments.items()]


@dataclass(frozen=True)
class Block:
    """One named piece of what went in or came out."""

    name: str
    text: str


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


@dataclass(frozen=True)
class StepDetail:
    """A step with all that is known of it."""

    step: Step
    took_s: float
    prompt: Prompt | None = None
    """None for steps that ask no model."""
    answer: str = ""
    call: ShownTurn | None = None
    asked: list[Block] = field(default_factory=list)
    """What a tool was called with."""
    came: list[Block] = field(default_factory=list)
    """What a tool answered."""
    error: dict[str, Any] | None = None
    effect: Effect | None = None
    facts: list[tuple[str, str]] = field(default_factory=list)
    """Whatever else the journal keeps of a model's answer, such as why it ended."""


def read_step(attempt: Attempt, n: int) -> StepDetail | None:
    """Return step `n` of the attempt, opened; None when it has not (or not yet) finished."""
    step = Step.objects.filter(attempt=attempt, n=n).first()
    if step is None:
        return None
    result = step.result if isinstance(step.result, dict) else {"value": step.result}
    return _open_think(step, result) if step.kind == Step.Kind.THINK else _open_act(step, result)


def _open_think(step: Step, result: dict[str, Any]) -> StepDetail:
    known = ("text", "data", "call", "error")
    facts = [
        (key, str(value)) for key, value in result.items() if key not in known and isinstance(value, str | int | float)
    ]
    return StepDetail(
        step,
        _took_s(step),
        prompt=rebuild_prompt(step),
        answer=_answer_text(result),
        call=_call(result.get("call")),
        error=_error(result.get("error")),
        facts=[(key, value) for key, value in facts if value],
    )


def _open_act(step: Step, result: dict[str, Any]) -> StepDetail:
    return StepDetail(
        step,
        _took_s(step),
        asked=_blocks("Called with", arguments_of(step.request)),
        came=_blocks("Result", {key: value for key, value in result.items() if key != "error"}),
        error=_error(result.get("error")),
        effect=Effect.objects.filter(attempt_id=step.attempt_id, step_n=step.n).first(),
    )


def _took_s(step: Step) -> float:
    return max(0.0, (step.finished_at - step.started_at).total_seconds())


def _blocks(title: str, values: dict[str, Any]) -> list[Block]:
    """Show long texts as they are, each under its own name, and the rest together as JSON."""
    long = {
        name: value for name, value in values.items() if isinstance(value, str) and (len(value) > 80 or "\n" in value)
    }
    short = {name: value for name, value in values.items() if name not in long}
    blocks = [Block(title, json.dumps(short, ensure_ascii=False, indent=2))] if short else []
    return blocks + [Block(f"{title}: {name.replace('_', ' ')}", value) for name, value in long.items()]


def rebuild_prompt(step: Step) -> Prompt:
    """Return the whole prompt of a think step, also where the journal keeps only what was new since an earlier one."""
    if "since_step" not in step.request:
        return _as_prompt(step.request, _turns(step.request.get("turns")), 0)
    earlier = list(Step.objects.filter(attempt_id=step.attempt_id, n__lt=step.n).order_by("-n")[:REACH])
    base = next((row for row in earlier if _is_whole(row)), None)
    between = list(takewhile(lambda row: row is not base, earlier))[::-1]
    left_out = 0
    if base is None:
        base = (
            Step.objects.filter(attempt_id=step.attempt_id, kind="think", request__has_key="system")
            .order_by("n")
            .first()
        )
        left_out = between[0].n - 1 if between else 0
    request = {**(base.request if base else {}), **step.request}
    turns = _turns(request.get("turns")) + ([] if left_out or base is None else _told(base))
    for row in between:
        turns += _told(row)
    return _as_prompt(request, turns, left_out)


def _is_whole(step: Step) -> bool:
    return step.kind == Step.Kind.THINK and "system" in step.request


def _told(step: Step) -> list[ShownTurn]:
    """Return what a finished step added to the conversation; a failed question added nothing."""
    result = step.result if isinstance(step.result, dict) else {}
    if step.kind == Step.Kind.THINK:
        if step.outcome == Step.Outcome.FAILED:
            return []
        call = _call(result.get("call"))
        return [call or ShownTurn("assistant", _answer_text(result))]
    return [ShownTurn("tool", _result_text(result), step.name)]


def _as_prompt(request: dict[str, Any], turns: list[ShownTurn], left_out: int) -> Prompt:
    tools = [
        str(tool.get("name", tool)) if isinstance(tool, dict) else str(tool) for tool in request.get("tools") or []
    ]
    schema = json.dumps(request["schema"], ensure_ascii=False, indent=2) if request.get("schema") else ""
    return Prompt(str(request.get("system", "")), turns, tools, schema, left_out)


def _turns(turns: Any) -> list[ShownTurn]:
    return [_turn(turn) for turn in turns or [] if isinstance(turn, dict)]


def _turn(turn: dict[str, Any]) -> ShownTurn:
    call = turn.get("call")
    role, text = str(turn.get("role", "")), str(turn.get("text", ""))
    if isinstance(call, dict) and call:
        return ShownTurn(role, text, str(call.get("name", "")), call.get("arguments") or {} if role != "tool" else {})
    return ShownTurn(role, text)


def _call(call: Any) -> ShownTurn | None:
    if not isinstance(call, dict) or not call:
        return None
    return ShownTurn("assistant", "", str(call.get("name") or call.get("tool") or ""), call.get("arguments") or {})


def _answer_text(result: dict[str, Any]) -> str:
    text = result.get("text")
    return str(text) if text else json.dumps(result["data"], ensure_ascii=False, indent=2) if result.get("data") else ""


def _result_text(result: dict[str, Any]) -> str:
    for key in ("text", "output", "value", "result"):
        if isinstance(result.get(key), str):
            return str(result[key])
    return "\n".join(f"{key}: {value}" for key, value in result.items())


def _error(error: Any) -> dict[str, Any] | None:
    if not error:
        return None
    return error if isinstance(error, dict) else {"message": str(error)}
