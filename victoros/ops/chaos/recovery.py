"""How long work stood still after a kill: from the moment of the kill to the entry that says the attempt was taken up again."""

import math
import statistics
from bisect import bisect_left
from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from audit.models import Entry
from tasks.models import Attempt, Cell
from victoros.ops.chaos.record import Line

MUST_S = 15.0
SEEN_S = 1.0
SAME_BURIAL_S = 0.5
"""Entries of one burial are written within so much."""


@dataclass(frozen=True)
class Gap:
    """One attempt that a killed cell had."""

    fault: str
    """What else was done then, or how the cell was killed."""
    buried_s: float
    """From the kill until its cell was declared dead."""
    whole_s: float
    """From the kill until it went on."""
    seen: bool
    """Whether the supervisor saw the cell die."""


@dataclass(frozen=True)
class Recovery:
    """How long the attempts of killed cells stood still."""

    gaps: list[Gap]

    @property
    def gaps_s(self) -> list[float]:
        """All gaps, shortest first."""
        return sorted(gap.whole_s for gap in self.gaps)

    @property
    def seen_s(self) -> list[float]:
        """Those whose cell was seen to die, shortest first."""
        return sorted(gap.whole_s for gap in self.gaps if gap.seen)

    @property
    def late(self) -> int:
        """Attempts that stood still for longer than they may."""
        return sum(gap > MUST_S for gap in self.gaps_s)

    @property
    def is_quick(self) -> bool:
        """Whether 99 of 100 went on within a second where the supervisor saw the cell die."""
        return _at(self.seen_s, 0.99) <= SEEN_S

    def as_figures(self) -> dict[str, Any]:
        """Return the figures of the report."""
        return {
            "attempts_moved": len(self.gaps_s),
            "recovery_p50_s": _at(self.gaps_s, 0.5),
            "recovery_p99_s": _at(self.gaps_s, 0.99),
            "longest_recovery_s": _at(self.gaps_s, 1.0),
            "seen_dying_moved": len(self.seen_s),
            "seen_dying_p50_s": _at(self.seen_s, 0.5),
            "seen_dying_p99_s": _at(self.seen_s, 0.99),
            "by_fault": {fault: self._describe(fault) for fault in sorted({gap.fault for gap in self.gaps})},
        }

    def _describe(self, fault: str) -> dict[str, float | int]:
        gaps = [gap for gap in self.gaps if gap.fault == fault]
        buried, whole = sorted(gap.buried_s for gap in gaps), sorted(gap.whole_s for gap in gaps)
        return {
            "moved": len(gaps),
            "seen_dying": sum(gap.seen for gap in gaps),
            "buried_p50_s": _at(buried, 0.5),
            "buried_p99_s": _at(buried, 0.99),
            "p50_s": _at(whole, 0.5),
            "p99_s": _at(whole, 0.99),
        }


def measure_recovery(faults: list[Line]) -> Recovery:
    """Find for each attempt of each killed cell when it went on.

    Only attempts that this cell's burial gave back count: others had ended or left before the kill landed.
    """
    places = {pk: (task, n) for pk, task, n in Attempt.objects.values_list("pk", "task_id", "n")}
    released, resumed = _moments("attempt.released"), _moments("attempt.resumed")
    buried = dict(Entry.objects.filter(kind="cell.died").values_list("object_ref", "at"))
    seen_cells = set(Cell.objects.filter(reason__startswith="process ").values_list("pk", flat=True))
    gaps = []
    for kill in [line for line in faults if line["event"] == "kill" and line["cell"] in buried]:
        died_at = buried[kill["cell"]].timestamp()
        for attempt in kill["attempts"]:
            place = places.get(attempt, (0, 0))
            given_back = _first_after(released.get(place, []), kill["at"])
            went_on = _first_after(resumed.get(place, []), given_back)
            if went_on < math.inf and abs(given_back - died_at) < SAME_BURIAL_S:
                fault = str(kill.get("during") or kill["way"])
                seen = kill["cell"] in seen_cells
                gaps.append(Gap(fault, given_back - kill["at"], went_on - kill["at"], seen))
    return Recovery(gaps)


def _moments(kind: str) -> dict[tuple[int, int], list[float]]:
    """Return when this happened to each attempt (task, number), in order."""
    found = defaultdict(list)
    for ref, detail, at in Entry.objects.filter(kind=kind).order_by("pk").values_list("object_ref", "detail", "at"):
        if ref is not None:
            found[ref, int(detail["attempt"])].append(at.timestamp())
    return dict(found)


def _first_after(times: list[float], moment: float) -> float:
    """Return the first of the times that is not before the moment; infinity if there is none."""
    place = bisect_left(times, moment)
    return times[place] if place < len(times) else math.inf


def _at(values: list[float], share: float) -> float:
    if not values:
        return 0.0
    if share == 0.5:
        return round(statistics.median(values), 2)
    return round(values[min(int(len(values) * share), len(values) - 1)], 2)
