"""One step opened: the prompt as it was sent, the tools offered, the answer, the call and its result."""

from dataclasses import dataclass, field
from itertools import takewhile
from typing import Any

from tasks.models import Attempt, Step
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


@dataclass(frozen=True)
class Prompt:
    """What the language model was sent."""

    system: str
    turns: list[ShownTurn]
    tools: list[str]
    schema: Any = None
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
    arguments: dict[str, Any] = field(default_factory=dict)
    result: Any = None
    error: dict[str, Any] | None = None
    facts: dict[str, Any] = field(default_factory=dict)
    """Whatever else the journal keeps of the answer, such as why the model ended."""


def read_step(attempt: Attempt, n: int) -> StepDetail | None:
    """Return step `n` of the attempt, opened; None when it has not (or not yet) finished."""
    step = Step.objects.filter(attempt=attempt, n=n).first()
    if step is None:
        return None
    took_s = max(0.0, (step.finished_at - step.started_at).total_seconds())
    result = step.result if isinstance(step.result, dict) else {"value": step.result}
    error = _error(result.get("error"))
    if step.kind == Step.Kind.THINK:
        known = ("text", "data", "call", "error")
        facts = {key: value for key, value in result.items() if key not in known and value not in (None, "", [], {})}
        return StepDetail(
            step, took_s, rebuild_prompt(step), _answer_text(result), _call(result.get("call")), error=error, facts=facts
        )
    shown = {key: value for key, value in result.items() if key != "error"}
    return StepDetail(step, took_s, arguments=arguments_of(step.request), result=shown, error=error)


def rebuild_prompt(step: Step) -> Prompt:
    """Return the whole prompt of a think step, also where the journal keeps only what was new since an earlier one."""
    if "since_step" not in step.request:
        return _as_prompt(step.request, _turns(step.request.get("turns")), 0)
    earlier = list(Step.objects.filter(attempt_id=step.attempt_id, n__lt=step.n).order_by("-n")[:REACH])
    base = next((row for row in earlier if _is_whole(row)), None)
    between = list(takewhile(lambda row: row is not base, earlier))[::-1]
    left_out = 0
    if base is None:
        base = Step.objects.filter(attempt_id=step.attempt_id, kind="think", request__has_key="system").order_by("n").first()
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
    tools = [str(tool.get("name", tool)) if isinstance(tool, dict) else str(tool) for tool in request.get("tools") or []]
    return Prompt(str(request.get("system", "")), turns, tools, request.get("schema"), left_out)


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
    return str(text) if text else str(result.get("data") or "")


def _result_text(result: dict[str, Any]) -> str:
    for key in ("text", "output", "value", "result"):
        if isinstance(result.get(key), str):
            return str(result[key])
    return "\n".join(f"{key}: {value}" for key, value in result.items())


def _error(error: Any) -> dict[str, Any] | None:
    if not error:
        return None
    return error if isinstance(error, dict) else {"message": str(error)}
