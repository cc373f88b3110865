"""Numbers, times and durations as people read them; the same on pages and in commands."""

from datetime import datetime
from decimal import Decimal

from django.utils.translation import gettext

from victoros.lib import clock

NONE = "–"
DOLLAR, CENT = 1_000_000_000, 10_000_000
"""Prices and costs are kept in billionths of a US dollar."""
_DAY_S = 86_400


def say_count(value: int | None) -> str:
    """Return 1234 as `1,234`; None as a dash."""
    return NONE if value is None else f"{value:,}"


def say_many(count: int, noun: str) -> str:
    """Return `1 swarm`, `2 swarms`, `1,234 swarms`."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def say_seconds(seconds: float | None) -> str:
    """Return a span in its largest sensible unit: `42 ms`, `8.4 s`, `14 min`, `3 h`, `5 d`."""
    if seconds is None:
        return NONE
    if seconds < 1:
        return f"{max(seconds, 0) * 1000:.0f} ms"
    if seconds < 10:
        return f"{seconds:.1f} s"
    return say_age(seconds)


def say_age(seconds: float) -> str:
    """Return how long ago in whole units: `4 s`, `2 min`, `3 h`, `5 d`; the page's script ticks the same words."""
    whole = max(int(seconds), 0)
    if whole < 100:
        return f"{whole} s"
    if whole < 100 * 60:
        return f"{whole // 60} min"
    if whole < 2 * _DAY_S:
        return f"{whole // 3600} h"
    return f"{whole // _DAY_S} d"


def say_since(moment: datetime | None, now: datetime | None = None) -> str:
    """Return the age of `moment`, or `in 4 min` when it is still to come."""
    if moment is None:
        return NONE
    seconds = ((now or clock.now()) - moment).total_seconds()
    return say_age(seconds) if seconds > -1 else gettext("in {time}").format(time=say_age(-seconds))


def say_money(nanos: int | None) -> str:
    """Return billionths of a dollar as dollars with as many digits as the amount deserves."""
    if nanos is None:
        return NONE
    dollars = Decimal(nanos) / DOLLAR
    if dollars == 0:
        return "$0"
    if dollars < Decimal("0.0001"):
        return "< $0.0001"
    if dollars >= Decimal("0.1"):
        return f"${dollars:,.2f}"
    whole, digits = f"{dollars:.4f}".split(".")
    return f"${whole}.{digits.rstrip('0'):0<2}"


def say_share(part: int, whole: int) -> int:
    """Return `part` of `whole` in percent, 1 at least when there is any; 0 when there is nothing to share."""
    if whole <= 0 or part <= 0:
        return 0
    return min(100, max(1, round(100 * part / whole)))
