"""The scheduler's looks after the cells of its own host, in threads of their own, whatever the reconciler waits for."""

import logging
import threading
import time
from collections.abc import Callable

from django.conf import settings
from django.db import Error as DatabaseError
from django.db import connection

from tasks.engine.freezing import end_frozen_if_trusted
from tasks.engine.trust import Trust
from tasks.engine.vanishing import VanishedCells

log = logging.getLogger(__name__)

FROZEN_LOOK_S = 1.0
AWAY_S = 0.25
"""Between two looks while the database is away."""


def watch_in_background() -> None:
    """Look after vanished and, unless that is switched off, frozen cells from now on."""
    vanished = VanishedCells()
    _begin("vanished cells", vanished.bury, vanished.wait)
    if settings.VICTOR_END_FROZEN:
        trust = Trust()
        _begin("frozen cells", lambda: end_frozen_if_trusted(trust), _rest)


def _begin(name: str, look: Callable[[], object], wait: Callable[[], None]) -> None:
    threading.Thread(target=_look_for_ever, args=(look, wait), name=name, daemon=True).start()


def _look_for_ever(look: Callable[[], object], wait: Callable[[], None]) -> None:
    while True:
        try:
            look()
        except DatabaseError as error:
            log.info("The database does not answer, looking again: %s", error)
            connection.close()
            time.sleep(AWAY_S)
        wait()


def _rest() -> None:
    time.sleep(min(settings.VICTOR_RECONCILE_S, FROZEN_LOOK_S))
