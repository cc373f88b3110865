"""Time as the database sees it, so that hosts with a wrong clock cannot take or keep a lease."""

from datetime import datetime, timedelta

from django.db import connection
from django.db.models import DateTimeField, ExpressionWrapper, F, Func, Value
from django.db.models.expressions import Combinable
from django.db.models.functions import Now
from django.utils import timezone


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

    template = "STRFTIME('%%Y-%%m-%%d %%H:%%M:%%f', 'NOW', %(expressions)s)"
    output_field = DateTimeField()


def now_plus(delta: timedelta) -> Combinable:
    """Return an expression for the database's time plus `delta` (which may be negative)."""
    if connection.vendor == "sqlite":
        return _SqliteShift(Value(f"{delta.total_seconds():+.3f} seconds"))
    return ExpressionWrapper(Now() + Value(delta), output_field=DateTimeField())


__all__ = ["F", "Now", "database_now", "now_plus"]
