"""Cells of this host whose process is gone. Reports of deaths may get lost with the queue server; the kernel's word does not."""

import time

from django.conf import settings

from tasks.engine.burial import bury
from tasks.models import Cell
from victoros.lib.deaths import await_death, is_gone, read_end
from victoros.lib.hands import note_end, read_leavings
from victoros.lib.host import this_host
from victoros.lib.statements import fetch

ASK_S = 1.0
"""How long the database's answer is good for who signed on."""
LOOK_S = 0.25
"""Between two looks while somebody is gone: whether its end was told meanwhile."""
BUSY_S = 0.5
"""How long the parent has before the kernel is asked instead. It may be waiting for the queue server."""
TOLD_S = 1.0
"""How long the parent of a process that is gone has for saying how it ended."""
_ALIVE = "SELECT id, pid FROM tasks_cell WHERE status IN ('alive', 'draining') AND host = %s"


class VanishedCells:
    """The only way to learn of a death while the queue server is away: work goes on within a second then too."""

    def __init__(self) -> None:
        self._alive: dict[int, int] = {}
        """The number of each cell's process, as the database said a moment ago."""
        self._ask_at = 0.0
        self._missed: dict[int, float] = {}
        """Since when, by a clock that only goes forward."""

    def bury(self) -> int:
        """Look once and bury what is gone, as soon as its end was told or has gone untold for long; returns how many.

        At the first sight the parent may still be about to say how the process ended, and a death nobody saw is unclear.
        """
        seen_at = time.monotonic()
        if seen_at >= self._ask_at:
            self._alive = dict(fetch(_ALIVE, this_host()))
            self._ask_at = seen_at + min(settings.VICTOR_RECONCILE_S, ASK_S)
        gone = {pk: pid for pk, pid in self._alive.items() if is_gone(pid)}
        self._missed = {pk: self._missed.get(pk, seen_at) for pk in gone}
        ages = {pk: seen_at - since for pk, since in self._missed.items()}
        known = [pk for pk, age in ages.items() if age >= TOLD_S or _is_end_told(pk, gone[pk], age)]
        if not known:
            return 0
        buried = sum(
            bury(cell, f"process {cell.pid} is gone") for cell in Cell.objects.filter(pk__in=known).order_by("pk")
        )
        for pk in known:
            del self._alive[pk], self._missed[pk]
        return buried

    def wait(self) -> None:
        """Wait until there is something to look at: a process ended, an end may have been told, or others may have signed on."""
        if self._missed:
            time.sleep(LOOK_S)
        else:
            await_death(self._alive.values(), max(self._ask_at - time.monotonic(), 0.0))


def _is_end_told(cell_id: int, pid: int, age_s: float) -> bool:
    """Tell whether the parent has written down how this process ended; in its place we do, when it has been gone for long."""
    if age_s >= BUSY_S and (end := read_end(pid)) is not None:
        note_end(settings.VICTOR_HOME, pid, end)
    leavings = read_leavings(settings.VICTOR_HOME, pid)
    return any(left.owner == cell_id and left.status is not None for left in leavings)
