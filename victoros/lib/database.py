"""When the database cannot do what it is asked: how to tell, in words for people, and without anybody queueing up for it."""

import errno
import logging
import time
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from django.db import DatabaseError, InterfaceError, OperationalError, connection
from django.utils.translation import gettext, gettext_noop

from victoros.lib.errors import Category, VictorError
from victoros.lib.outages import Outage

log = logging.getLogger(__name__)

FULL = ("disk is full", "no space left", "could not extend file", "disk full")
LATELY_S = 60.0
TRIES = 3
"""Of what a deadlock ended."""
_DEADLOCK = "40P01"
P = ParamSpec("P")
R = TypeVar("R")
_full_at: float | None = None
UNSAVED = gettext_noop("What you just sent may not have been saved: look before you send it again.")


class DatabaseAway(VictorError):
    """The database cannot be reached, is locked for too long, or cannot store."""

    category = Category.DATABASE
    http_status = 503


class DiskFull(DatabaseAway):
    """Nothing can be stored."""

    category = Category.RESOURCE


def _look() -> bool:
    """Ask for a connection of this thread's own, which ends with the look."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except (DatabaseError, InterfaceError):
        return False
    finally:
        connection.close()
    return True


outage = Outage("The database", _look)
"""On while no connection can be made. A statement that failed on a good connection (locked, full) begins none."""


def explain(error: BaseException, *, sent: bool = False) -> DatabaseAway | None:
    """Return what to tell a person about an error of the database; None for errors that are not its being away.

    `sent`: the person wanted something changed.
    """
    if not isinstance(error, (OperationalError, InterfaceError)):
        return None
    if is_full(error):
        _note_full()
        return disk_full()
    if connection.vendor == "postgresql" and not _is_connected():
        outage.begin(error)
    return away(sent=sent)


def was_full_lately() -> bool:
    """Tell whether this process met a full disk within the last minute."""
    return _full_at is not None and time.monotonic() - _full_at < LATELY_S


def _note_full() -> None:
    global _full_at
    _full_at = time.monotonic()


def away(*, sent: bool = False) -> DatabaseAway:
    """Return the error for a database that is known to be away."""
    next_act = gettext(UNSAVED) if sent else gettext("Try again in a few seconds.")
    return DatabaseAway(
        gettext("The database does not answer."), hint=f"{gettext('What was saved before is safe.')} {next_act}"
    )


def disk_full() -> DiskFull:
    """Return the error for a database without room."""
    return DiskFull(
        gettext("The disk of the database is full."),
        hint=gettext(
            "What was saved before is safe, what you just sent was not taken. Free some space, then try again."
        ),
    )


def is_full(error: BaseException) -> bool:
    """Tell whether an error means that there is no room to store anything."""
    text = str(error).lower()
    cause = error.__cause__
    return any(words in text for words in FULL) or getattr(cause, "errno", None) == errno.ENOSPC


def again_after_deadlock(act: Callable[P, R]) -> Callable[P, R]:
    """Decorate a transaction: when it and another wait for each other and PostgreSQL ends it, it is done again.

    Programs try again by themselves; a person who stops something must not be told that the database is away.
    """

    @wraps(act)
    def act_again(*args: P.args, **kwargs: P.kwargs) -> R:
        for _ in range(TRIES - 1):
            try:
                return act(*args, **kwargs)
            except OperationalError as error:
                if getattr(error.__cause__, "sqlstate", "") != _DEADLOCK:
                    raise
                log.info("%s again, after a deadlock", getattr(act, "__name__", "act"))
        return act(*args, **kwargs)

    return act_again


def _is_connected() -> bool:
    return connection.connection is not None and not connection.connection.closed


class QuietOutages(logging.Filter):
    """Keeps a page that could not be served for the database's sake from filling the log with its trace."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Drop Django's own record of it; the outage is told once, by `outage`."""
        error = record.exc_info[1] if record.exc_info else None
        is_away = isinstance(error, (OperationalError, InterfaceError))
        return not is_away and getattr(record, "status_code", 0) != DatabaseAway.http_status
