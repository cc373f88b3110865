"""What each person wants to be told, and when: kept here, and applied by functions that know neither clock nor rows."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from django.db import transaction
from django.utils.translation import gettext

from audit.actors import Actor
from audit.events import Fact, Kind, record
from audit.models import AttentionItem, SwarmWish, Wishes
from victoros.lib.errors import InvalidInput

ALL, IMPORTANT, URGENT, NOTHING = 0, 60, 80, 101
LEVELS = (ALL, IMPORTANT, URGENT, NOTHING)
"""The least severity that is told."""


@dataclass(frozen=True)
class Given:
    """Wishes as a form or a command gives them."""

    least_severity: int = ALL
    muted_kinds: tuple[str, ...] = ()
    quiet_from: time | None = None
    quiet_until: time | None = None
    time_zone: str = "UTC"
    urgent_breaks_quiet: bool = True
    digest_over: int = 5
    fall_back_min: int = 5


def wishes_of(user: Any) -> Wishes:
    """Return what somebody wishes; who never said gets what an unsaved row holds. One query."""
    return Wishes.objects.filter(user=user).first() or Wishes(user=user)


def set_wishes(*, actor: Actor, user: Any, given: Given, swarms: Mapping[int, int]) -> Wishes:
    """Keep the wishes; `swarms` maps swarms to the least severity wanted of each, and replaces what was said before."""
    _check(given, swarms)
    with transaction.atomic():
        wishes, _ = Wishes.objects.update_or_create(
            user=user, defaults={**given.__dict__, "muted_kinds": list(given.muted_kinds)}
        )
        SwarmWish.objects.filter(user=user).delete()
        SwarmWish.objects.bulk_create(
            SwarmWish(user=user, swarm_ref=ref, least_severity=least) for ref, least in sorted(swarms.items())
        )
        record(Fact(Kind.NOTIFICATIONS_CHANGED, actor, "person", user.pk, user.get_username()))
    return wishes


def wants(wishes: Wishes, swarms: Mapping[int, int], item: AttentionItem) -> bool:
    """Tell whether the item is to be told at all. A swarm's own wish goes before the general one."""
    least = swarms.get(item.swarm_ref or 0, wishes.least_severity)
    return item.severity >= least and item.kind not in wishes.muted_kinds


def due_at(wishes: Wishes, severity: int, now: datetime) -> datetime:
    """Return when an item may be told: now, or at the end of the quiet hours."""
    if wishes.quiet_from is None or wishes.quiet_until is None or wishes.quiet_from == wishes.quiet_until:
        return now
    if wishes.urgent_breaks_quiet and severity >= URGENT:
        return now
    local = now.astimezone(ZoneInfo(wishes.time_zone))
    return _end_of_quiet(local, wishes.quiet_from, wishes.quiet_until)


def _end_of_quiet(local: datetime, begin: time, end: time) -> datetime:
    """Return `local` itself outside the quiet hours. Wall-clock times: a night in which clocks change is as long as it is."""
    at = local.time()
    over_midnight = begin > end
    is_quiet = (at >= begin or at < end) if over_midnight else begin <= at < end
    if not is_quiet:
        return local
    day = local.date() + timedelta(days=1 if over_midnight and at >= begin else 0)
    return datetime.combine(day, end, local.tzinfo)


def _check(given: Given, swarms: Mapping[int, int]) -> None:
    if given.least_severity not in LEVELS or not set(swarms.values()) <= set(LEVELS):
        raise InvalidInput(
            gettext("There is no such level."),
            hint=gettext("Levels are %(allowed)s.") % {"allowed": ", ".join(map(str, LEVELS))},
        )
    if unknown := sorted(set(given.muted_kinds) - set(AttentionItem.Kind.values)):
        raise InvalidInput(
            gettext("There is no kind %(value)s.") % {"value": repr(unknown[0][:40])},
            hint=gettext("Choose from the page."),
        )
    if (given.quiet_from is None) != (given.quiet_until is None):
        raise InvalidInput(
            gettext("Quiet hours need a beginning and an end."), hint=gettext("Give both times, or none.")
        )
    if given.time_zone not in available_timezones():
        raise InvalidInput(
            gettext("There is no time zone %(value)s.") % {"value": repr(given.time_zone[:60])},
            hint=gettext("Such as Europe/Berlin."),
        )
    if not 1 <= given.digest_over <= 50 or not 0 <= given.fall_back_min <= 1440:
        raise InvalidInput(
            gettext("That is out of bounds."),
            hint=gettext("A digest needs 1 to 50 items, a fall-back 0 to 1440 minutes."),
        )
