"""From attention items to notices: who is told of what waits, where, and when. Found by looking at the items themselves."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import transaction
from django.db.models import Q

from audit.models import AttentionItem, Channel, Notice, PushSubscription, SwarmWish, Wishes
from audit.notifications.wishes import due_at, wants
from victoros.lib import clock
from victoros.lib.access import Scope, scope_of

AT_ONCE = 200
"""Items dealt with in one transaction."""


@dataclass
class Person:
    """Somebody who can be reached, with what he wants and may settle."""

    user: Any
    scope: Scope
    wishes: Wishes
    swarms: dict[int, int] = field(default_factory=dict)
    devices: list[int] = field(default_factory=list)
    channels: list[int] = field(default_factory=list)

    def may_settle(self, item: AttentionItem) -> bool:
        """Tell whether the item waits for this person."""
        return (
            self.scope.everything
            or item.swarm_ref in self.scope.swarm_ids
            or (item.workspace_ref is not None and item.workspace_ref in self.scope.workspace_ids)
        )


def unplanned() -> Any:
    """Return the open items for which nobody has decided yet who is told."""
    return AttentionItem.objects.filter(status="open", noticed_at=None)


@transaction.atomic
def plan_some() -> int:
    """Write the notices of some new items; returns how many items there were. Old ones are let go of: they would be late."""
    items = list(unplanned().order_by("id").select_for_update(skip_locked=True)[:AT_ONCE])
    if not items:
        return 0
    now = clock.now()
    fresh = [item for item in items if item.created_at > now - timedelta(seconds=settings.VICTOR_NOTIFY_LATE_S)]
    people = reachable_people() if fresh else []
    notices = [notice for person in people for item in fresh for notice in notices_for(person, item, now)]
    Notice.objects.bulk_create(notices, ignore_conflicts=True, batch_size=100)
    AttentionItem.objects.filter(pk__in=[item.pk for item in items]).update(noticed_at=now)
    return len(items)


def notices_for(person: Person, item: AttentionItem, now: datetime) -> Iterable[Notice]:
    """Return what one person gets about one item: on every device, and on every channel in case no device shows it."""
    if not person.may_settle(item) or not wants(person.wishes, person.swarms, item):
        return
    due = due_at(person.wishes, item.severity, now)
    later = due + timedelta(minutes=person.wishes.fall_back_min) if person.devices else due
    for pk in person.devices:
        yield _notice(person, item, due, subscription_id=pk)
    for pk in person.channels:
        yield _notice(person, item, later, channel_id=pk)


def _notice(person: Person, item: AttentionItem, due: datetime, **way: int) -> Notice:
    late = due + timedelta(seconds=settings.VICTOR_NOTIFY_LATE_S)
    return Notice(user=person.user, item=item, due_at=due, late_at=late, **way)


def reachable_people() -> list[Person]:
    """Return everybody active who has a device or a channel. The queries depend on the people, never on the items."""
    devices = list(PushSubscription.objects.values_list("user_id", "pk"))
    channels = list(Channel.objects.values_list("user_id", "pk"))
    refs = {user for user, _ in [*devices, *channels]}
    users = get_user_model().objects.filter(Q(pk__in=refs), is_active=True)
    wishes = {one.user_id: one for one in Wishes.objects.filter(user__in=refs)}
    people = {
        user.pk: Person(user, scope_of(user, "operate"), wishes.get(user.pk) or Wishes(user=user)) for user in users
    }
    for user, pk in devices:
        if user in people:
            people[user].devices.append(pk)
    for user, pk in channels:
        if user in people:
            people[user].channels.append(pk)
    for wish in SwarmWish.objects.filter(user__in=refs):
        if wish.user_id in people:
            people[wish.user_id].swarms[wish.swarm_ref] = wish.least_severity
    return list(people.values())
