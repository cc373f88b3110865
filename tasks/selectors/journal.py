"""The steps of an attempt as a timeline: one axis for what was done, what was waited for, and what goes on now."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from tasks.models import Attempt
from tasks.selectors.journal_rows import Pause, StepLine, draw_rows
from tasks.selectors.marks import Mark, read_marks
from tasks.selectors.ticks import Label, cuts_above, say_ticks
from tasks.selectors.timeline import Axis, Bar, Cut, Span
from tasks.selectors.window import RunChoice, Window, read_window
from tasks.selectors.words import say_waiting


@dataclass(frozen=True)
class OpenWait:
    """What the attempt does now, after its last finished step."""

    title: str
    since: datetime
    bar: Bar
    shape: str


@dataclass(frozen=True)
class Journal:
    """A window of an attempt's steps on one time axis."""

    attempt: Attempt
    window: Window
    rows: list[StepLine | Pause] = field(default_factory=list)
    ticks: list[Label] = field(default_factory=list)
    cuts: list[Cut] = field(default_factory=list)
    """Where the axis leaves time out."""
    axis_cuts: list[Cut] = field(default_factory=list)
    """Those of them that are marked above it."""
    now: OpenWait | None = None

    @property
    def lines(self) -> list[StepLine]:
        """The steps alone."""
        return [row for row in self.rows if isinstance(row, StepLine)]

    @property
    def first(self) -> int:
        """Number of the first step shown; 0 when there is none."""
        return self.window.first

    @property
    def last(self) -> int:
        """Number of the last step shown."""
        return self.window.last

    @property
    def earlier(self) -> int | None:
        """What `until` must be to see the steps before."""
        return self.window.earlier

    @property
    def later(self) -> int | None:
        """What `from` must be to see the steps after."""
        return self.window.later

    @property
    def is_paged(self) -> bool:
        """Whether the attempt has more steps than this window shows."""
        return self.earlier is not None or self.later is not None

    @property
    def is_shortened(self) -> bool:
        """Whether waits are drawn shorter than they were."""
        return bool(self.cuts)


def read_journal(attempt: Attempt, choice: RunChoice, *, now: datetime, size: int | None = None) -> Journal:
    """Return the window of steps that the choice means, drawn on one axis. Two queries."""
    return draw_journal(attempt, read_window(attempt, choice, size=size), now)


def draw_journal(attempt: Attempt, window: Window, now: datetime) -> Journal:
    """Draw steps that were read already; one query, for what the record tells of the pauses between them."""
    current = current_of(attempt, window.steps, now) if window.later is None else None
    marks = _marks_of(attempt, window)
    axis = Axis([*_spans(window.steps), *([current[1]] if current else [])])
    return Journal(
        attempt=attempt,
        window=window,
        rows=list(draw_rows(attempt, window.steps, marks, axis)),
        ticks=say_ticks(axis),
        cuts=axis.cuts,
        axis_cuts=cuts_above(axis),
        now=OpenWait(current[0], current[1].start, axis.bar(current[1].start, current[1].end), current[2])
        if current
        else None,
    )


def current_of(attempt: Attempt, steps: list[Any], now: datetime) -> tuple[str, Span, str] | None:
    """Return what goes on after the last finished step: its words, its span and its shape."""
    since = steps[-1].finished_at if steps else attempt.created_at
    if attempt.status == Attempt.Status.WAITING:
        start = attempt.waiting_since or since
        return (
            _("waiting for %(latest)s") % {"latest": say_waiting(attempt)},
            Span(start, max(now, start), False),
            "wait",
        )
    if attempt.status == Attempt.Status.STOPPED:
        return _("stopped"), Span(since, max(now, since), False), "wait"
    if attempt.status == Attempt.Status.READY:
        return _("waiting for a cell"), Span(since, max(now, since), False), "wait"
    if attempt.status == Attempt.Status.RUNNING:
        return _("working"), Span(since, max(now, since)), "think"
    return None


def lanes_of(journal: Journal) -> dict[str, list[list[float]]]:
    """Return where every bar lies, by the id of its row: what a page needs to redraw them when the axis has grown."""
    lanes = {}
    for row in journal.rows:
        key = f"pause-{row.after_step}" if isinstance(row, Pause) else f"step-{row.n}"
        bars = [row.bar, row.replayed] if isinstance(row, Pause) else [*([row.gap] if row.gap else []), row.bar]
        lanes[key] = [[bar.x, bar.width] for bar in bars]
    return lanes


def breaks_of(journal: Journal) -> dict[str, float]:
    """Return where break marks stand, by the id of their row; a row has one at most, and one without is missing here."""
    breaks = {}
    for row in journal.rows:
        if isinstance(row, Pause):
            key, cut = f"pause-{row.after_step}", row.bar.cut
        else:
            key, cut = (
                f"step-{row.n}",
                (row.gap.cut if row.gap else None) or (row.bar.cut if row.kind == "wait" else None),
            )
        if cut:
            breaks[key] = cut
    return breaks


def _marks_of(attempt: Attempt, window: Window) -> dict[int, Mark]:
    """Return the marks inside the window by the step they follow; the last one where there are several."""
    if not window.steps:
        return {}
    since = window.steps[0].started_at if window.first > 1 else attempt.created_at
    until = window.steps[-1].finished_at if window.later else None
    return {mark.after_step: mark for mark in read_marks(attempt, since, until)}


def _spans(steps: list[Any]) -> list[Span]:
    return [Span(step.started_at, max(step.finished_at, step.started_at), step.kind != "wait") for step in steps]
