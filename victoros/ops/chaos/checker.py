"""The judge of a fault run. Reads only the records kept outside and the database, after everything is over."""

from dataclasses import dataclass

from tasks.models import Cell, Step
from victoros.ops.chaos.invariants import DOUBLES, RULES
from victoros.ops.chaos.outcome import Outcome
from victoros.ops.chaos.recovery import Recovery, measure_recovery


@dataclass(frozen=True)
class Verdict:
    """What came of it."""

    lost: int
    """Accepted tasks that are neither over nor with a living cell."""
    doubled: int
    """Effects carried out twice, steps with two results, and finished questions asked again."""
    late: int
    """Attempts that went on later than they must."""
    recovery: Recovery
    violations: list[str]
    """Every broken invariant in words, the first few of each."""
    counts: dict[str, int]

    @property
    def holds(self) -> bool:
        """Whether every invariant held."""
        return not (self.lost or self.doubled or self.late or self.violations)


SHOWN = 10
"""Cases named of each broken invariant."""


def check(outcome: Outcome, *, by_the_clock: bool = False) -> Verdict:
    """Judge by every invariant; `by_the_clock`: also by the second that a seen death may cost, which needs a quiet machine."""
    found = {name: list(rule(outcome)) for name, rule in RULES.items()}
    recovery = measure_recovery(outcome.faults)
    doubled = sum(len(found[name]) for name in DOUBLES)
    words = [f"{name}: {case}" for name, cases in found.items() for case in _first(cases)]
    if by_the_clock and not recovery.is_quick:
        words.append("recovery: of attempts whose cell was seen to die, fewer than 99 of 100 went on within a second")
    return Verdict(len(found["lost"]), doubled, recovery.late, recovery, words, _count(outcome))


def _first(cases: list[str]) -> list[str]:
    rest = len(cases) - SHOWN
    return [*cases[:SHOWN], *([f"and {rest} more"] if rest > 0 else [])]


def _count(outcome: Outcome) -> dict[str, int]:
    return {
        "accepted": len(outcome.accepted),
        "steps": Step.objects.count(),
        "questions": len(outcome.asked),
        "effects": sum(line["applied"] for line in outcome.deliveries),
        "cells_died": Cell.objects.filter(status="dead").count(),
        "quarantined": sum(task.status == "quarantined" for task in outcome.tasks.values()),
    }
