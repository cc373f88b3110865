"""Ending cells of this host that are frozen or spin. Such a process may hold the only write lock of SQLite, or rows of
PostgreSQL; declaring it dead would then have to wait for the very process that does not answer. So it is killed first,
and only reading is needed to see that it must be.
"""

import logging
import os
import signal
import threading
import time
from collections.abc import Callable, Iterable
from pathlib import Path

import psutil
from django.conf import settings
from django.db import Error as DatabaseError
from django.db import connection

from tasks.engine.burial import bury
from tasks.engine.trust import Trust
from tasks.models import Cell
from victoros.lib.clock import database_now
from victoros.lib.hands import leave_word, read_leavings
from victoros.lib.host import this_host
from victoros.lib.statements import fetch, now

log = logging.getLogger(__name__)

DEAD_FOR_S = 3600.0
LOOK_S = 1.0
VANISHED_LOOK_S = 0.25
"""The only way to learn of a death while the queue server is away: work goes on within a second then too."""
TOLD_S = 1.0
"""How long the parent of a process that is gone has for saying how it ended."""
CLOCK_SLACK_S = 5.0
"""How much younger than its row a process may be and still be that cell."""
_ALIVE = "SELECT id, pid FROM tasks_cell WHERE status IN ('alive', 'draining') AND host = %s"
_SILENT = """
SELECT c.id FROM tasks_cell c WHERE c.host = %s AND c.heartbeat_at < {late}
  AND (c.status IN ('alive', 'draining') OR c.status = 'dead' AND c.ended_at > {lately})
  AND NOT EXISTS (SELECT 1 FROM tasks_cell again
    WHERE again.host = c.host AND again.pid = c.pid AND again.id > c.id AND again.heartbeat_at >= {late})
"""


def watch_in_background() -> None:
    """Look after this host's cells in threads of their own, whatever the reconciler waits for."""
    threading.Thread(
        target=_look_for_ever, args=(VanishedCells().bury, VANISHED_LOOK_S), name="vanished cells", daemon=True
    ).start()
    if settings.VICTOR_END_FROZEN:
        trust = Trust()
        threading.Thread(
            target=_look_for_ever, args=(lambda: _end_frozen(trust), LOOK_S), name="frozen cells", daemon=True
        ).start()


def end_frozen_cells() -> int:
    """Kill the processes of this host's cells whose lease has run out; returns how many. Reads only.

    A cell that was declared dead of late counts too: the reconciler may have been quicker than this look. One whose process
    has signed on again since does not: that process works.
    """
    silent = fetch(_SILENT.format(late=now(-settings.VICTOR_LEASE_S), lately=now(-DEAD_FOR_S)), this_host())
    return sum(_end(cell) for cell in _read(pk for (pk,) in silent))


class VanishedCells:
    """The cells of this host whose process is gone. Reports may get lost with the queue server."""

    def __init__(self) -> None:
        self._missed: dict[int, float] = {}
        """Since when, by a clock that only goes forward."""

    def bury(self) -> int:
        """Look once and bury what is gone, as soon as its end was told or has gone untold for long; returns how many.

        At the first sight the parent may still be about to say how the process ended, and a death nobody saw is unclear.
        """
        seen_at = time.monotonic()
        gone = {pk: pid for pk, pid in fetch(_ALIVE, this_host()) if _is_gone(pid)}
        self._missed = {pk: self._missed.get(pk, seen_at) for pk in gone}
        known = [pk for pk, since in self._missed.items() if seen_at - since >= TOLD_S or _is_end_told(pk, gone[pk])]
        return sum(bury(cell, f"process {cell.pid} is gone") for cell in _read(known))


def _is_end_told(cell_id: int, pid: int) -> bool:
    """Tell whether the parent of this process has written down how it ended."""
    leavings = read_leavings(settings.VICTOR_HOME, pid)
    return any(left.owner == cell_id and left.status is not None for left in leavings)


def _look_for_ever(look: Callable[[], object], every_s: float) -> None:
    while True:
        try:
            look()
        except DatabaseError as error:
            log.info("The database does not answer, looking again: %s", error)
            connection.close()
        time.sleep(min(settings.VICTOR_RECONCILE_S, every_s))


def _end_frozen(trust: Trust) -> None:
    """Look once; what is silent for want of a database is left alone."""
    with trust.watch():
        database_now()
    if trust.is_enough:
        end_frozen_cells()


def _is_gone(pid: int) -> bool:
    """Tell whether no process has this number any more; one that only waits to be buried by its parent counts as gone."""
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True
    except psutil.Error:
        return False


def _read(ids: Iterable[int]) -> Iterable[Cell]:
    found = list(ids)
    return Cell.objects.filter(pk__in=found).order_by("pk") if found else []


def _end(cell: Cell) -> bool:
    """Kill the cell's process, unless the number belongs to a younger process by now."""
    try:
        process = psutil.Process(cell.pid)
        if age_of(process) < _age_of_row(cell) - CLOCK_SLACK_S or cell.pid == os.getpid():
            return False
        leave_word(settings.VICTOR_HOME, cell.pid, f"it was silent for more than {settings.VICTOR_LEASE_S:g} s")
        process.send_signal(signal.SIGKILL)
    except psutil.Error:
        return False
    log.warning("%s was silent for more than %s s; process %s was killed", cell, settings.VICTOR_LEASE_S, cell.pid)
    return True


def age_of(process: psutil.Process) -> float:
    """Return how many seconds ago a process began, by the clock that nobody sets where there is one (Linux)."""
    try:
        begun = int(Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()[19])
    except OSError:
        return time.time() - process.create_time()
    return time.clock_gettime(time.CLOCK_BOOTTIME) - begun / os.sysconf("SC_CLK_TCK")


def _age_of_row(cell: Cell) -> float:
    return (database_now() - cell.started_at).total_seconds()
