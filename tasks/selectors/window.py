"""Which steps of a run a page shows: a choice that stands in the address, and the window over step numbers it means."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlencode

from django.db.models import Case, F, JSONField, QuerySet, Value, When

from tasks.models import Attempt, Step
from tasks.selectors.filters import read_number, read_word

VIEWS = ("timeline", "tree", "conversation", "log")
SIZES = {"timeline": 100, "tree": 100, "conversation": 40, "log": 200}
"""Steps in a window. A page of any of them stays under 2,500 elements."""
KINDS = (*Step.Kind.values, "record")
"""What the log can be narrowed to; `record` are the entries of the audit log about the task."""
BEFORE = 10
"""Steps shown before the one that an address opens."""


@dataclass(frozen=True)
class RunChoice:
    """What somebody wants to see of a task's run; the empty one means the newest steps of the newest attempt."""

    attempt: int | None = None
    view: str = "timeline"
    start: int | None = None
    """Number of the first step shown."""
    until: int | None = None
    """Number of the last step shown; steps before it fill the window."""
    step: int | None = None
    """The step that is open."""
    kind: str = ""
    """A kind of step, or `record`; empty for all. Only the log is narrowed by it."""
    failed: bool = False

    @property
    def size(self) -> int:
        """How many steps the window holds at most."""
        return SIZES[self.view]

    @property
    def is_narrow(self) -> bool:
        """Whether steps inside the window are left out."""
        return self.view == "log" and bool(self.kind or self.failed)

    @property
    def is_newest(self) -> bool:
        """Whether the window ends with the newest step, whichever that is."""
        return self.start is None and self.until is None

    def as_query(self, **changes: Any) -> str:
        """Return the address' query for this choice with `changes`."""
        values = vars(replace(self, **changes))
        named = {_NAMES.get(name, name): value for name, value in values.items()}
        parts = {name: value for name, value in named.items() if value and (name, value) != ("view", "timeline")}
        return urlencode({name: 1 if value is True else value for name, value in parts.items()})


_NAMES = {"start": "from"}


@dataclass(frozen=True)
class Window:
    """Some steps in a row, and where the ones around them begin."""

    steps: list[Any] = field(default_factory=list)
    earlier: int | None = None
    """What `until` must be to see the steps before; None when there are none."""
    later: int | None = None
    """What `from` must be to see the steps after; None at the end of the run."""

    @property
    def first(self) -> int:
        """Number of the first step; 0 when there is none."""
        return self.steps[0].n if self.steps else 0

    @property
    def last(self) -> int:
        """Number of the last step; 0 when there is none."""
        return self.steps[-1].n if self.steps else 0


def read_choice(query: Mapping[str, Any]) -> RunChoice:
    """Build the choice from an address' query; refuse what is neither known nor a number."""
    return RunChoice(
        attempt=read_number(query, "attempt"),
        view=read_word(query, "view", VIEWS) or "timeline",
        start=read_number(query, "from"),
        until=read_number(query, "until"),
        step=read_number(query, "step"),
        kind=read_word(query, "kind", KINDS),
        failed=bool(query.get("failed")),
    )


def read_window(attempt: Attempt, choice: RunChoice, *, size: int | None = None) -> Window:
    """Return the steps that the choice means, in order. One query; the attempt's length does not matter."""
    if choice.is_narrow and choice.kind == "record":
        return Window()
    size = size or choice.size
    rows = _choose(attempt, choice)
    start = _start(attempt, choice, size)
    if start is not None:
        found = list(rows.filter(n__gte=start).order_by("n")[: size + 1])
        steps, is_more = found[:size], len(found) > size
        return Window(steps, start - 1 if start > 1 else None, steps[-1].n + 1 if is_more else None)
    if choice.until:
        rows = rows.filter(n__lte=choice.until)
    found = list(rows.order_by("-n")[: size + 1])
    steps = found[:size][::-1]
    later = choice.until + 1 if choice.until and choice.until < attempt.steps else None
    return Window(steps, steps[0].n - 1 if len(found) > size else None, later)


def read_after(attempt: Attempt, choice: RunChoice, after: int) -> Window:
    """Return the steps that follow number `after`, a window full at most. One query."""
    if choice.is_narrow and choice.kind == "record":
        return Window()
    found = list(_choose(attempt, choice).filter(n__gt=after).order_by("n")[: choice.size + 1])
    steps = found[: choice.size]
    return Window(steps, None, steps[-1].n + 1 if len(found) > choice.size else None)


def _start(attempt: Attempt, choice: RunChoice, size: int) -> int | None:
    """Return where a window must begin to show the open step; None when it is counted from its end."""
    if choice.start or choice.until or choice.step is None or choice.step > attempt.steps - size:
        return choice.start
    return max(1, choice.step - BEFORE)


def _choose(attempt: Attempt, choice: RunChoice) -> QuerySet[Step]:
    rows = Step.objects.filter(attempt=attempt)
    if choice.is_narrow and choice.kind:
        rows = rows.filter(kind=choice.kind)
    if choice.is_narrow and choice.failed:
        rows = rows.filter(outcome=Step.Outcome.FAILED)
    return rows if choice.view == "conversation" else _without_words(rows)


def _without_words(rows: QuerySet[Step]) -> QuerySet[Step]:
    """Leave out the prompts and answers, which can be long; keep what one line tells of them."""
    heavy = When(kind=Step.Kind.THINK, then=Value(None, output_field=JSONField()))
    return rows.defer("request", "result").annotate(
        asked=Case(heavy, default=F("request")),
        error=F("result__error"),
        called=F("result__call__name"),
        child=F("result__task"),
    )
