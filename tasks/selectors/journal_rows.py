"""The rows of a journal: steps, and the pauses between them that the record tells of."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from tasks.models import Attempt, Step
from tasks.selectors.marks import Mark
from tasks.selectors.step_words import say_error, say_retry, title_of, took_of
from tasks.selectors.timeline import Axis, Bar
from victoros.lib.figures import say_seconds

GAP_S = 0.5
"""A pause before a step that is at least this long is drawn and told."""


@dataclass(frozen=True)
class StepLine:
    """One step as a row."""

    n: int
    kind: str
    title: str
    note: str
    is_failed: bool
    started_at: datetime
    finished_at: datetime
    took_s: float
    tokens: int
    cost_nanos: int
    bar: Bar
    shape: str
    """How its bar is drawn: `think`, `act`, `wait` or `failed`."""
    gap: Bar | None = None
    """The pause before it, when there was one worth drawing."""
    gap_s: float = 0.0
    retry: str = ""
    """`2nd try`, `fall-back to small-2`; empty for a first try."""
    child: int | None = None
    """Id of the subtask it made or waited for."""

    is_pause = False

    @property
    def place(self) -> float:
        """Where it stands among steps and pauses."""
        return self.n


@dataclass(frozen=True)
class Pause:
    """A stretch between two steps in which the attempt was not worked on, and how it went on."""

    after_step: int
    title: str
    note: str
    at: datetime
    took_s: float
    bar: Bar
    replayed: Bar
    """Where its finished steps were read from the journal again, which takes no time worth a width."""
    is_wait: bool

    is_pause = True

    @property
    def place(self) -> float:
        """Where it stands among steps and pauses: after its step."""
        return self.after_step + 0.5


def draw_rows(attempt: Attempt, steps: list[Any], marks: dict[int, Mark], axis: Axis) -> Iterator[StepLine | Pause]:
    """Draw the steps as rows, with each pause that the record tells of, also after the attempt's last step."""
    before, tries = None, 0
    for step in steps:
        mark = marks.get(step.n - 1) if step.n > 1 else None
        if mark and before:
            yield _as_pause(mark, before, axis)
        yield _as_line(step, axis, before, tries, is_told=bool(mark and before))
        tries = tries + 1 if step.outcome == Step.Outcome.FAILED else 0
        before = step
    if before and before.n == attempt.steps and before.n in marks:
        yield _as_pause(marks[before.n], before, axis)


def _as_pause(mark: Mark, before: Any, axis: Axis) -> Pause:
    took_s = max(0.0, (mark.at - before.finished_at).total_seconds())
    end = max(mark.at, before.finished_at)
    return Pause(
        after_step=before.n,
        title=_say_pause(mark),
        note=_say_replay(mark),
        at=mark.at,
        took_s=took_s,
        bar=axis.bar(before.finished_at, end),
        replayed=axis.bar(end, end),
        is_wait=mark.is_wait,
    )


def _say_replay(mark: Mark) -> str:
    cell = _(" in cell %(cell)s") % {"cell": mark.cell} if mark.cell else ""
    return ngettext(
        "went on%(cell)s; %(steps)s finished step read from the journal, none done again",
        "went on%(cell)s; %(steps)s finished steps read from the journal, none done again",
        mark.after_step,
    ) % {"cell": cell, "steps": f"{mark.after_step:,}"}


def _say_pause(mark: Mark) -> str:
    if mark.is_wait:
        return _("waited for %(what)s") % {"what": mark.why}
    return mark.why or _("waited for a cell")


def _as_line(step: Any, axis: Axis, before: Any, tries: int, *, is_told: bool) -> StepLine:
    failed = step.outcome == Step.Outcome.FAILED
    title, note = title_of(step)
    gap_s = (step.started_at - before.finished_at).total_seconds() if before and not is_told else 0.0
    return StepLine(
        n=step.n,
        kind=step.kind,
        title=title,
        note=say_error(step.error) if failed else note,
        is_failed=failed,
        started_at=step.started_at,
        finished_at=step.finished_at,
        took_s=took_of(step),
        tokens=step.tokens_in + step.tokens_out,
        cost_nanos=step.cost_nanos,
        bar=axis.bar(step.started_at, max(step.finished_at, step.started_at)),
        shape="failed" if failed else step.kind,
        gap=axis.bar(before.finished_at, step.started_at) if gap_s >= GAP_S else None,
        gap_s=gap_s,
        retry=_say_try(step, tries, before, gap_s),
        child=step.child if isinstance(step.child, int) else None,
    )


def _say_try(step: Any, tries: int, before: Any, gap_s: float) -> str:
    said = say_retry(step, tries, before)
    return _("%(said)s after %(gap)s") % {"said": said, "gap": say_seconds(gap_s)} if said and gap_s >= GAP_S else said
