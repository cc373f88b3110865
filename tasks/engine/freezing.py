"""Ending cells of this host that are frozen or spin. Such a process may hold the only write lock of SQLite, or rows of
PostgreSQL; declaring it dead would then have to wait for the very process that does not answer. So it is killed first,
and only reading is needed to see that it must be.
"""

import logging
import os
import signal
import time
from pathlib import Path

import psutil
from django.conf import settings

from tasks.engine.trust import Trust
from tasks.models import Cell
from victoros.lib.clock import database_now
from victoros.lib.hands import leave_word
from victoros.lib.host import this_host
from victoros.lib.statements import fetch, now

log = logging.getLogger(__name__)

DEAD_FOR_S = 3600.0
CLOCK_SLACK_S = 5.0
"""How much younger than its row a process may be and still be that cell."""
_SILENT = """
SELECT c.id FROM tasks_cell c WHERE c.host = %s AND c.heartbeat_at < {late}
  AND (c.status IN ('alive', 'draining') OR c.status = 'dead' AND c.ended_at > {lately})
  AND NOT EXISTS (SELECT 1 FROM tasks_cell again
    WHERE again.host = c.host AND again.pid = c.pid AND again.id > c.id AND again.heartbeat_at >= {late})
"""


def end_frozen_cells() -> int:
    """Kill the processes of this host's cells whose lease has run out; returns how many. Reads only.

    A cell that was declared dead of late counts too: the reconciler may have been quicker than this look. One whose process
    has signed on again since does not: that process works.
    """
    silent = fetch(_SILENT.format(late=now(-settings.VICTOR_LEASE_S), lately=now(-DEAD_FOR_S)), this_host())
    if not silent:
        return 0
    return sum(_end(cell) for cell in Cell.objects.filter(pk__in=[pk for (pk,) in silent]).order_by("pk"))


def end_frozen_if_trusted(trust: Trust) -> None:
    """Look once; what is silent for want of a database is left alone."""
    with trust.watch():
        database_now()
    if trust.is_enough:
        end_frozen_cells()


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
