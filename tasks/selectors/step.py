"""One step opened: what was sent and what came back, for thinking and for acting."""

import json
from dataclasses import dataclass, field, replace
from itertools import takewhile
from typing import Any

from django.utils.translation import gettext as _

from tasks.models import Attempt, Effect, Step
from tasks.selectors.prompt import Prompt, ShownTurn, read_answer, read_call, rebuild_prompt
from tasks.selectors.step_words import arguments_of, say_retry, took_of
from tasks.selectors.words import Text, cut_text, fold_text

LOOKED_BACK = 8
"""Steps before one that are looked at to tell which try it was."""


@dataclass(frozen=True)
class Block:
    """One named piece of what went in or came out."""

    name: str
    text: str

    @property
    def folded(self) -> Text:
        """The text with its head apart."""
        return fold_text(self.text)


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
    why: str = ""
    """The agent's own reason for the call."""
    tries: int = 0
    """How many tries of the same failed right before it."""
    retry: str = ""
    """Which try it was, in words; empty for a first one."""

    @property
    def tokens(self) -> int:
        """Tokens in and out together."""
        return self.step.tokens_in + self.step.tokens_out


def read_step(attempt: Attempt, n: int) -> StepDetail | None:
    """Return step `n` of the attempt, opened; None when it has not (or not yet) finished."""
    step = Step.objects.filter(attempt=attempt, n=n).first()
    if step is None:
        return None
    result = step.result if isinstance(step.result, dict) else {"value": step.result}
    opened = _open_think(step, result) if step.kind == Step.Kind.THINK else _open_act(step, result)
    return _with_tries(opened)


def _with_tries(opened: StepDetail) -> StepDetail:
    step = opened.step
    earlier = Step.objects.filter(attempt_id=step.attempt_id, n__lt=step.n).only("n", "kind", "name", "outcome")
    before = list(earlier.order_by("-n")[:LOOKED_BACK])
    tries = len(list(takewhile(lambda row: row.outcome == Step.Outcome.FAILED and row.kind == step.kind, before)))
    return replace(opened, tries=tries, retry=say_retry(step, tries, before[0] if before else None))


def _open_think(step: Step, result: dict[str, Any]) -> StepDetail:
    return StepDetail(
        step,
        took_of(step),
        prompt=rebuild_prompt(step),
        answer="" if result.get("data") else read_answer(result),
        came=_blocks(_("Answer"), result["data"]) if isinstance(result.get("data"), dict) else [],
        call=read_call(result.get("call")),
        error=_error(result.get("error")),
        ended_by=str(result.get("finish_reason") or "").replace("_", " "),
        is_price_known=result.get("cost_known", True) is not False,
    )


def _open_act(step: Step, result: dict[str, Any]) -> StepDetail:
    return StepDetail(
        step,
        took_of(step),
        asked=_blocks(_("Called with"), arguments_of(step.request)),
        came=_blocks(_("Result"), {key: value for key, value in result.items() if key != "error"}),
        error=_error(result.get("error")),
        why=str(step.request.get("why") or "") if isinstance(step.request, dict) else "",
        effect=Effect.objects.filter(attempt_id=step.attempt_id, step_n=step.n).first(),
    )


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
