"""Carrying out the rules: a little in each round of the scheduler, or all of it at once by command.

The scheduler's part counts the journal into minutes first: what is let go of has been counted.
"""

import logging
import time
from collections import Counter
from collections.abc import Iterator

from django.conf import settings

from tasks.services.budgets import watch_budgets
from tasks.services.minutes import AT_ONCE, count_minutes
from tasks.services.spending import count_spending, recount_swarms
from tasks.tallies import fold, recount
from tasks.tidying.rules import RULES, Rule
from tasks.titles import remember_forgotten

log = logging.getLogger(__name__)

COUNT_EVERY_S = 5.0
"""Between two looks at what is new in the journal."""
SLICES = 4
"""Slices of the journal that are counted in one round."""
MUCH = AT_ONCE // 20
"""Where more was new in a slice than that, some may be left: the next slice, or the next round, goes on with it."""
PAUSE_S = 0.01
"""Between two batches, so that SQLite's only writer is free for others."""
WRONG_COUNTS, WRONG_SUMS = "wrong counts of tasks", "wrong sums of what swarms spent"
FORGOTTEN = "tasks that no search found"
PUT_RIGHT = (WRONG_COUNTS, WRONG_SUMS, FORGOTTEN)
"""What is put right and not let go of."""


def tidy_all() -> dict[str, int]:
    """Let go of all that is due, and put right what is kept wrongly; returns how much of each sort."""
    done: Counter[str] = Counter()
    for rule, count in _batches():
        done[rule.what] += count
        time.sleep(PAUSE_S)
    if wrong := recount():
        done[WRONG_COUNTS] = wrong
    if wrong := recount_swarms():
        done[WRONG_SUMS] = wrong
    if forgotten := remember_forgotten():
        done[FORGOTTEN] = forgotten
    return dict(done)


def count_due() -> dict[str, int]:
    """Return how much of each sort is due, without touching it."""
    counts = {rule.what: rule.count(rule.before) for rule in RULES if rule.before is not None}
    return {what: count for what, count in counts.items() if count}


class Tidier:
    """The scheduler's part: a slice of work in every round until nothing is due, then a rest."""

    def __init__(self) -> None:
        self._rest_until = self._count_at = 0.0
        self._batches: Iterator[tuple[Rule, int]] | None = None

    def work(self, budget_s: float) -> int:
        """Count the newest of the journal, then let go of what can be done in so many seconds; returns how much."""
        self._count()
        if time.monotonic() < self._rest_until:
            return 0
        end, done = time.monotonic() + budget_s, 0
        batches, self._batches = self._batches or _batches(), None  # one that raised is not gone on with
        for rule, count in batches:
            done += count
            log.debug("tidied: %s %s", count, rule.what)
            if time.monotonic() > end:
                self._batches = batches
                return done
            time.sleep(PAUSE_S)
        self._rest_until = time.monotonic() + settings.VICTOR_TIDY_S
        return done

    def _count(self) -> None:
        if time.monotonic() < self._count_at:
            return
        self._count_at = time.monotonic() + COUNT_EVERY_S
        is_left = all(_count_slice() for _ in range(SLICES))
        watch_budgets()
        if fold() or is_left:
            self._count_at = 0.0


def _count_slice() -> bool:
    """Count what comes next in the journal; returns whether some of it may be left."""
    return max(count_minutes(), count_spending()) > MUCH


def _batches() -> Iterator[tuple[Rule, int]]:
    for rule in RULES:
        before = rule.before
        while before is not None and (count := rule.do_some(before)):
            yield rule, count


TIDIER = Tidier()
"""The one of this process."""
