"""The steps of an attempt: a page of them as a timeline, and one opened to what was sent and what came back."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import Case, F, JSONField, Value, When
from django.utils import timezone

from tasks.models import Attempt, Step
from tasks.selectors.timeline import Axis, Bar, Span, Tick
from tasks.selectors.words import say_waiting

PAGE = 100
GAP_S = 0.5
"""A pause before a step that is at least this long is drawn and told."""
_TELLING = ("path", "title", "subject", "question", "name", "to", "url", "result", "text")
"""Arguments that say most about a call, best first."""


@dataclass(frozen=True)
class StepLine:
    """One step as a row of the timeline."""

    n: int
    kind: str
    title: str
    note: str
    is_failed: bool
    started_at: datetime
    took_s: float
    tokens: int
    cost_nanos: int
    bar: Bar
    shape: str
    """How its bar is drawn: `think`, `act`, `wait` or `failed`."""
    gap: Bar | None = None
    """The wait before it, when there was one worth drawing."""
    gap_s: float = 0.0


@dataclass(frozen=True)
class OpenWait:
    """What the attempt does now, after its last finished step."""

    title: str
    since: datetime
    bar: Bar
    shape: str


@dataclass(frozen=True)
class Journal:
    """A page of an attempt's steps on one time axis."""

    attempt: Attempt
    lines: list[StepLine] = field(default_factory=list)
    ticks: list[str] = field(default_factory=list)
    """Moments above the axis, evenly spread."""
    now: OpenWait | None = None
    is_shortened: bool = False
    """Whether waits are drawn shorter than they were."""
    earlier: int | None = None
    """Number of the first step of the page before; None on the first page."""
    later: int | None = None

    @property
    def first(self) -> int:
        """Number of the first step shown; 0 when there is none."""
        return self.lines[0].n if self.lines else 0

    @property
    def last(self) -> int:
        """Number of the last step shown."""
        return self.lines[-1].n if self.lines else 0

    @property
    def is_paged(self) -> bool:
        """Whether the attempt has more steps than this page shows."""
        return self.earlier is not None or self.later is not None


def read_journal(attempt: Attempt, *, start: int | None, now: datetime, size: int = PAGE) -> Journal:
    """Return the page of steps that begins with number `start`; without it the newest page. One query."""
    first = max(1, start if start else (max(attempt.steps, 1) - 1) // size * size + 1)
    steps = list(_light(attempt).filter(n__gte=first).order_by("n")[: size + 1])
    is_last, steps = len(steps) <= size, steps[:size]
    current = _current(attempt, steps, now) if is_last else None
    axis = Axis(_spans(steps, current))
    return Journal(
        attempt=attempt,
        lines=[_as_line(step, axis, before) for before, step in zip([None, *steps], steps, strict=False)],
        ticks=_say_ticks(axis.ticks()),
        now=OpenWait(current[0], current[1].start, axis.bar(current[1].start, current[1].end), current[2])
        if current
        else None,
        is_shortened=axis.is_shortened,
        earlier=max(1, first - size) if first > 1 else None,
        later=None if is_last else first + size,
    )


def describe_call(name: str, arguments: dict[str, Any]) -> str:
    """Say in a few words what a call was about: its most telling argument."""
    for key in _TELLING:
        value = arguments.get(key)
        if isinstance(value, str) and value.strip():
            return " ".join(value.split())[:90]
    plain = [(key, value) for key, value in arguments.items() if isinstance(value, str | int | float) and value != ""]
    return ", ".join(f"{key} {value}" for key, value in plain[:3])[:90]


def arguments_of(request: dict[str, Any]) -> dict[str, Any]:
    """Return the arguments an act step was called with."""
    arguments = request.get("arguments", request)
    return arguments if isinstance(arguments, dict) else {}


def _light(attempt: Attempt) -> Any:
    """Steps without the prompts and answers of think steps, which can be long."""
    heavy = When(kind=Step.Kind.THINK, then=Value(None, output_field=JSONField()))
    return (
        Step.objects.filter(attempt=attempt)
        .defer("request", "result")
        .annotate(asked=Case(heavy, default=F("request")), error=F("result__error"), called=F("result__call__name"))
    )


def _spans(steps: list[Step], current: tuple[str, Span, str] | None) -> list[Span]:
    spans = [Span(step.started_at, max(step.finished_at, step.started_at), step.kind != "wait") for step in steps]
    return [*spans, current[1]] if current else spans


def _say_ticks(ticks: list[Tick]) -> list[str]:
    """Say moments to the second, or to the millisecond when they lie closer together."""
    moments = [timezone.localtime(tick.at) for tick in ticks]
    if len(moments) > 1 and (moments[-1] - moments[0]).total_seconds() < len(moments):
        return [f"{moment:%H:%M:%S}.{moment.microsecond // 1000:03d}" for moment in moments]
    return [f"{moment:%H:%M:%S}" for moment in moments]


def _as_line(step: Any, axis: Axis, before: Step | None) -> StepLine:
    asked = step.asked if isinstance(step.asked, dict) else {}
    failed = step.outcome == Step.Outcome.FAILED
    title, note = _words(step, asked)
    gap_s = (step.started_at - before.finished_at).total_seconds() if before else 0.0
    return StepLine(
        n=step.n,
        kind=step.kind,
        title=title,
        note=_error_note(step.error) if failed else note,
        is_failed=failed,
        started_at=step.started_at,
        took_s=max(0.0, (step.finished_at - step.started_at).total_seconds()),
        tokens=step.tokens_in + step.tokens_out,
        cost_nanos=step.cost_nanos,
        bar=axis.bar(step.started_at, max(step.finished_at, step.started_at)),
        shape="failed" if failed else step.kind,
        gap=axis.bar(before.finished_at, step.started_at) if before and gap_s >= GAP_S else None,
        gap_s=gap_s,
    )


def _words(step: Any, asked: dict[str, Any]) -> tuple[str, str]:
    if step.kind == Step.Kind.THINK:
        return "think", f"→ {str(step.called).replace('_', ' ')}" if step.called else step.name
    if step.kind == Step.Kind.WAIT:
        return f"wait for {step.name}", ""
    return step.name.replace("_", " "), describe_call(step.name, arguments_of(asked))


def _error_note(error: Any) -> str:
    if isinstance(error, dict):
        return ": ".join(str(error.get(key)) for key in ("category", "message") if error.get(key))[:160]
    return str(error or "failed")[:160]


def _current(attempt: Attempt, steps: list[Step], now: datetime) -> tuple[str, Span, str] | None:
    """Return what goes on after the last finished step: its words, its span and its shape."""
    since = steps[-1].finished_at if steps else attempt.created_at
    if attempt.status == Attempt.Status.WAITING:
        start = attempt.waiting_since or since
        return f"waiting for {say_waiting(attempt)}", Span(start, max(now, start), False), "wait"
    if attempt.status == Attempt.Status.STOPPED:
        return "stopped", Span(since, max(now, since), False), "wait"
    if attempt.status == Attempt.Status.READY:
        return "waiting for a cell", Span(since, max(now, since), False), "wait"
    if attempt.status == Attempt.Status.RUNNING:
        return "working", Span(since, max(now, since)), "think"
    return None
