"""One step opened: what was sent and what came back, for thinking and for acting."""

import json
from dataclasses import dataclass, field
from typing import Any

from tasks.models import Attempt, Effect, Step
from tasks.selectors.journal import arguments_of
from tasks.selectors.prompt import Prompt, ShownTurn, read_answer, read_call, rebuild_prompt
from tasks.selectors.words import cut_text


@dataclass(frozen=True)
class Block:
    """One named piece of what went in or came out."""

    name: str
    text: str


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
    """What a tool answered, or a model that had to answer with data."""
    error: dict[str, Any] | None = None
    effect: Effect | None = None
    ended_by: str = ""
    """Why the model stopped: stop, length, tool call, or the provider's own word."""
    is_price_known: bool = True


def read_step(attempt: Attempt, n: int) -> StepDetail | None:
    """Return step `n` of the attempt, opened; None when it has not (or not yet) finished."""
    step = Step.objects.filter(attempt=attempt, n=n).first()
    if step is None:
        return None
    result = step.result if isinstance(step.result, dict) else {"value": step.result}
    return _open_think(step, result) if step.kind == Step.Kind.THINK else _open_act(step, result)


def _open_think(step: Step, result: dict[str, Any]) -> StepDetail:
    return StepDetail(
        step,
        _took_s(step),
        prompt=rebuild_prompt(step),
        answer="" if result.get("data") else read_answer(result),
        came=_blocks("Answer", result["data"]) if isinstance(result.get("data"), dict) else [],
        call=read_call(result.get("call")),
        error=_error(result.get("error")),
        ended_by=str(result.get("finish_reason") or "").replace("_", " "),
        is_price_known=result.get("cost_known", True) is not False,
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
    blocks = [Block(title, cut_text(json.dumps(short, ensure_ascii=False, indent=2)))] if short else []
    return blocks + [Block(f"{title}: {name.replace('_', ' ')}", cut_text(value)) for name, value in long.items()]


def _error(error: Any) -> dict[str, Any] | None:
    if not error:
        return None
    return error if isinstance(error, dict) else {"message": str(error)}
