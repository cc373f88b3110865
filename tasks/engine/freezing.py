"""Ending cells of this host that are frozen or spin. Such a process may hold the only write lock of SQLite, or rows of
PostgreSQL; declaring it dead would then have to wait for the very process that does not answer. So it is killed first,
and only reading is needed to see that it must be.
"""

import logging
import os
import signal
import socket
import threading
import time
from datetime import timedelta

import psutil
from django.conf import settings
from django.db import Error as DatabaseError
from django.db import connection
from django.db.models import Q

from tasks.models import Cell
from victoros.lib.clock import now_plus

log = logging.getLogger(__name__)

DEAD_FOR = timedelta(hours=1)
CLOCK_SLACK_S = 5.0
"""How much later than its row a process may have begun by the system's clock and still be that cell."""


def watch_in_background() -> None:
    """Look after this host's cells in a thread of its own, whatever the reconciler waits for."""
    if settings.VICTOR_END_FROZEN:
        threading.Thread(target=_watch, name="frozen cells", daemon=True).start()


def end_frozen_cells() -> int:
    """Kill the processes of this host's cells whose lease has run out; returns how many. Reads only.

    A cell that was declared dead of late counts too: the reconciler may have been quicker than this look.
    """
    late = now_plus(timedelta(seconds=-settings.VICTOR_LEASE_S))
    lately = Q(status="dead", ended_at__gt=now_plus(-DEAD_FOR))
    silent = Cell.objects.filter(
        Q(status__in=["alive", "draining"]) | lately, host=socket.gethostname(), heartbeat_at__lt=late
    )
    return sum(_end(cell) for cell in silent.order_by("pk"))


def _watch() -> None:
    while True:
        try:
            end_frozen_cells()
        except DatabaseError as error:
            log.info("The database does not answer, looking again: %s", error)
            connection.close()
        time.sleep(settings.VICTOR_RECONCILE_S)


def _end(cell: Cell) -> bool:
    """Kill the cell's process, unless the number belongs to a younger process by now."""
    try:
        process = psutil.Process(cell.pid)
        if process.create_time() > cell.started_at.timestamp() + CLOCK_SLACK_S or cell.pid == os.getpid():
            return False
        process.send_signal(signal.SIGKILL)
    except psutil.Error:
        return False
    log.warning("%s was silent for more than %s s; process %s was killed", cell, settings.VICTOR_LEASE_S, cell.pid)
    return True
