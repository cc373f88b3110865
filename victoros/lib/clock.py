"""Time as the database sees it, so that hosts with a wrong clock can neither take nor keep what is not theirs.

Statements compare with the database's own clock. Times that are written down come from `now`: this machine's clock put right by
how far it was from the database's when the two were last compared.
"""

import logging
import threading
import time
from datetime import date, datetime, timedelta

from django.db import DatabaseError, InterfaceError, connection
from django.db.models import DateTimeField, ExpressionWrapper, F, Func, Value
from django.db.models.expressions import Combinable
from django.db.models.functions import Now
from django.utils import timezone

log = logging.getLogger(__name__)

COMPARE_S = 5.0
"""How often processes that last compare their clock with the database's."""
SLACK = timedelta(seconds=0.25)
"""Clocks this close are taken for equal: a busy machine measures no better, and times must not run backwards for it."""

_ahead = timedelta()
"""How far the database's clock is ahead of this machine's."""


def now() -> datetime:
    """Return the time as the database has it, as far as this process knows; no round trip."""
    return timezone.now() + _ahead


def site_day() -> date:
    """Return today's date in the site's time zone, in which days of spending are counted, wherever the reader is."""
    return timezone.localdate(now(), timezone.get_default_timezone())


def agree() -> timedelta:
    """Compare this machine's clock with the database's and go by the latter from now on; one round trip."""
    global _ahead
    asked = timezone.now()
    told = database_now()
    difference = told - asked - (timezone.now() - asked) / 2
    if abs(difference - _ahead) > SLACK:
        log.warning("This machine's clock is %.1f s off the database's, which counts.", -difference.total_seconds())
        _ahead = difference if abs(difference) > SLACK else timedelta()
    return _ahead


def agree_in_background() -> None:
    """Compare now, and again and again in a thread of its own, with a connection of its own."""
    first = threading.Event()
    threading.Thread(target=_agree_for_ever, args=(first,), name="clock", daemon=True).start()
    first.wait(COMPARE_S)


def _agree_for_ever(first: threading.Event) -> None:
    while True:
        try:
            agree()
        except (DatabaseError, InterfaceError):
            log.debug("The clocks cannot be compared while the database is away.")
        finally:
            connection.close()
        first.set()
        time.sleep(COMPARE_S)


def database_now() -> datetime:
    """Ask the database for the time; one round trip."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("SELECT strftime('%Y-%m-%d %H:%M:%f', 'now')")
            return datetime.fromisoformat(cursor.fetchone()[0]).replace(tzinfo=timezone.get_fixed_timezone(0))
        cursor.execute("SELECT clock_timestamp()")
        moment: datetime = cursor.fetchone()[0]
        return moment


class _SqliteShift(Func):
    """`now` shifted by seconds, in the text form SQLite columns hold."""

    template = "STRFTIME('%%%%Y-%%%%m-%%%%d %%%%H:%%%%M:%%%%f', 'NOW', %(expressions)s)"
    output_field = DateTimeField()


def now_plus(delta: timedelta) -> Combinable:
    """Return an expression for the database's time plus `delta` (which may be negative)."""
    if connection.vendor == "sqlite":
        return _SqliteShift(Value(f"{delta.total_seconds():+.3f} seconds"))
    return ExpressionWrapper(Now() + Value(delta), output_field=DateTimeField())


__all__ = ["F", "Now", "agree", "agree_in_background", "database_now", "now", "now_plus"]
