"""Where the bars of a run lie on its time axis. Long waits are drawn shorter, so that work stays visible."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from itertools import pairwise

LEAST = 0.5
"""Width of the thinnest bar, in percent."""
NOTICED = 1.5
"""A stretch that was this many times as long as it is drawn gets a break mark."""


@dataclass(frozen=True)
class Span:
    """Something that took time; `works` is False for a wait."""

    start: datetime
    end: datetime
    works: bool = True


@dataclass(frozen=True)
class Bar:
    """A place on the axis, in percent of its width."""

    x: float
    width: float
    cut: float | None = None
    """Where a break mark stands, when the bar is drawn shorter than it was."""


@dataclass(frozen=True)
class Tick:
    """A moment written above the axis."""

    x: float
    at: datetime


@dataclass(frozen=True)
class Cut:
    """A place where time is left out of the axis."""

    x: float
    seconds: float


class Axis:
    """Maps moments to percent: work keeps its proportions, idle stretches are cut to `idle_share` of the work each."""

    def __init__(self, spans: Sequence[Span], *, idle_share: float = 0.12) -> None:
        self._moments = sorted({moment for span in spans for moment in (span.start, span.end)})
        self._cut: list[bool] = []
        self._places = self._lay_out(spans, idle_share)

    @property
    def is_shortened(self) -> bool:
        """Whether any stretch is drawn shorter than it was."""
        return any(self._cut)

    @cached_property
    def cuts(self) -> list[Cut]:
        """The shortened stretches, each with its middle and how long it really was."""
        return [
            Cut(
                round((self._places[n] + self._places[n + 1]) / 2, 2),
                (self._moments[n + 1] - self._moments[n]).total_seconds(),
            )
            for n, is_cut in enumerate(self._cut)
            if is_cut
        ]

    def bar(self, start: datetime, end: datetime) -> Bar:
        """Return the bar from `start` to `end`, wide enough to be seen and inside the axis."""
        left, right = self._place(start), self._place(end)
        width = max(right - left, LEAST)
        cut = next((cut.x for cut in self.cuts if left <= cut.x <= right), None)
        return Bar(round(min(left, 100 - width), 2), round(width, 2), cut)

    def ticks(self, count: int = 4) -> list[Tick]:
        """Return moments spread evenly over the axis; none for an empty one."""
        if len(self._moments) < 2:
            return []
        return [Tick(round(100 * n / count, 2), self._moment(100 * n / count)) for n in range(count)]

    def _lay_out(self, spans: Sequence[Span], idle_share: float) -> list[float]:
        stretches = [(later - earlier).total_seconds() for earlier, later in pairwise(self._moments)]
        working = self._covered([span for span in spans if span.works])
        work_s = sum(length for length, works in zip(stretches, working, strict=True) if works)
        cap = max(work_s * idle_share, 0.05) if work_s else max(stretches, default=0.0)
        lengths = [length if works else min(length, cap) for length, works in zip(stretches, working, strict=True)]
        self._cut = [drawn * NOTICED < length for drawn, length in zip(lengths, stretches, strict=True)]
        total = sum(lengths) or 1.0
        places = [0.0]
        for length in lengths:
            places.append(places[-1] + 100 * length / total)
        return places

    def _covered(self, spans: list[Span]) -> list[bool]:
        """Tell for each stretch between two moments whether any of `spans` lies over it."""
        change = dict.fromkeys(self._moments, 0)
        for span in spans:
            change[span.start] += 1
            change[span.end] -= 1
        depth, covered = 0, []
        for moment in self._moments[:-1]:
            depth += change[moment]
            covered.append(depth > 0)
        return covered

    def _place(self, moment: datetime) -> float:
        n = bisect_right(self._moments, moment) - 1
        if n < 0:
            return 0.0
        if n >= len(self._moments) - 1:
            return self._places[-1]
        stretch = (self._moments[n + 1] - self._moments[n]).total_seconds()
        part = (moment - self._moments[n]).total_seconds() / stretch
        return self._places[n] + part * (self._places[n + 1] - self._places[n])

    def _moment(self, place: float) -> datetime:
        n = min(bisect_right(self._places, place) - 1, len(self._moments) - 2)
        width = self._places[n + 1] - self._places[n]
        part = (place - self._places[n]) / width if width else 0.0
        return self._moments[n] + timedelta(seconds=part * (self._moments[n + 1] - self._moments[n]).total_seconds())
