"""When a silent heartbeat means something: not while, or just after, nobody could have renewed it."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.db import Error as DatabaseError


def elapsed_s() -> float:
    """Return seconds that only grow, time asleep included: a monotonic clock stands still while the machine sleeps."""
    return time.clock_gettime(time.CLOCK_BOOTTIME) if hasattr(time, "CLOCK_BOOTTIME") else time.monotonic()


class Trust:
    """Grows while the database is seen to work, and is lost when it does not, or when nobody looked for long.

    After an outage, or after all were frozen, living cells need a moment to renew their leases.
    """

    def __init__(self) -> None:
        self._works_since: float | None = None
        self._seen = 0.0

    @contextmanager
    def watch(self) -> Iterator[None]:
        """Note whether the block, which asks the database something, succeeds."""
        try:
            yield
        except DatabaseError:
            self._works_since = None
            raise
        self.note()

    def note(self) -> None:
        """Note that the database has just done something for us: time in which it works is no gap."""
        now = elapsed_s()
        if self._works_since is None or now - self._seen > _longest_gap_s():
            self._works_since = now
        self._seen = now

    @property
    def is_enough(self) -> bool:
        """Whether every living cell had the time to renew its lease."""
        return self._works_since is not None and self._seen - self._works_since >= grace_s()


def grace_s() -> float:
    """Return how long the database must have worked before a silent cell is taken for dead."""
    return float(min(3 * settings.VICTOR_HEARTBEAT_S, settings.VICTOR_LEASE_S))


def _longest_gap_s() -> float:
    """Return how long nobody may have looked: with more, something outside stood still."""
    return float(max(settings.VICTOR_LEASE_S / 2, 2 * settings.VICTOR_RECONCILE_S))
