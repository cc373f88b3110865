"""A thread that ends its cell when an attempt's code keeps the event loop or the machine's memory to itself.

The end is at once and without a word to the database: who was executing stands in the marks (`victoros.lib.hands`), and whoever
buries the cell reads them. Code that keeps the interpreter's lock is not seen from here; the lease finds it (`freezing.py`).
"""

import gc
import logging
import os
import resource
import threading
import time
from collections.abc import Callable
from typing import Any, NoReturn

from django.conf import settings

from victoros.lib.hands import Hands

log = logging.getLogger(__name__)

LOOK_S = 0.1
IDLE_LOOK_S = 1.0
"""While nothing is at work; the kernel's limit holds all the same."""
EXIT_CODE = 70
"""Of a cell that its guard ended."""


class Stall:
    """Tells how much processor time one attempt has used without the event loop getting its turn.

    Processor time and not time: a busy machine, a stopped process and a sleeping one do not use any.
    """

    def __init__(self) -> None:
        self._seen = (0, 0)
        self._since_s = 0.0

    def look(self, turns: int, in_hand: int, used_s: float) -> float:
        """Return the seconds since the loop turned last or another attempt was seen; zero while nothing is in hand."""
        if not in_hand or (turns, in_hand) != self._seen:
            self._seen, self._since_s = (turns, in_hand), used_s
        return used_s - self._since_s


class Guard:
    """Watches the thread that made it, which runs the event loop."""

    def __init__(self, hands: Hands, end: Callable[[int], Any] = os._exit) -> None:
        self._hands, self._end = hands, end
        self._turns = 0
        self._clock = time.pthread_getcpuclockid(threading.get_ident())
        self._over = threading.Event()

    def begin(self) -> None:
        """Watch from now on, in a thread of its own, and set the kernel's limit for what is taken faster than anybody looks."""
        _limit_memory(settings.VICTOR_CELL_HARD_MB)
        gc.callbacks.append(self._collected)
        threading.Thread(target=self._watch, name="guard", daemon=True).start()

    def turn(self) -> None:
        """Note that the event loop goes round."""
        self._turns += 1

    def stop(self) -> None:
        """Watch no longer."""
        self._over.set()
        gc.callbacks.remove(self._collected)

    def give_up(self, why: str) -> NoReturn:
        """End the process at once, leaving word why."""
        self._hands.note(why)
        log.error("this cell ends itself: %s", why)
        self._end(EXIT_CODE)
        raise SystemExit(EXIT_CODE)

    def _collected(self, phase: str, info: dict[str, int]) -> None:
        """Take a garbage collection for a turn: it stops everything, and is not the attempt's doing."""
        self._turns += 1

    def _watch(self) -> None:
        stall, turns, pause_s = Stall(), 0, LOOK_S
        while not self._over.wait(pause_s):
            used_mb, limit_mb = resident_mb(), settings.VICTOR_CELL_HARD_MB
            if limit_mb and used_mb > limit_mb:
                self.give_up(f"it used {used_mb:.0f} MB, more than {limit_mb}")
            in_hand = self._hands.on_loop
            stood_s = stall.look(self._turns, in_hand, time.clock_gettime(self._clock))
            if settings.VICTOR_STALL_S and stood_s >= settings.VICTOR_STALL_S:
                self.give_up(f"its event loop stood still for {stood_s:.1f} s of processor time")
            pause_s = LOOK_S if in_hand or self._turns != turns else IDLE_LOOK_S
            turns = self._turns


def resident_mb() -> float:
    """Return this process's resident memory, 0 where /proc is missing."""
    return _statm(1)


def _limit_memory(limit_mb: int) -> None:
    """Let the kernel refuse data beyond the limit, counted from what the process has now."""
    if limit_mb:
        most = int((_statm(5) + limit_mb) * 1e6)
        _, hard = resource.getrlimit(resource.RLIMIT_DATA)
        resource.setrlimit(resource.RLIMIT_DATA, (most if hard == resource.RLIM_INFINITY else min(most, hard), hard))


def _statm(field: int) -> float:
    try:
        with open("/proc/self/statm") as file:
            return int(file.read().split()[field]) * os.sysconf("SC_PAGE_SIZE") / 1e6
    except OSError:
        return 0.0
