"""What the page of notifications shows. The queries do not depend on the rows."""

from typing import Any

from django.conf import settings
from django.utils.module_loading import import_string

from audit.models import Channel, Notice, PushSubscription, SwarmWish
from victoros.lib.access import scope_of

LAST = 20
MOST_SWARMS = 100
"""Swarms that get a wish of their own on the page."""


def list_devices(user: Any) -> list[PushSubscription]:
    """Return the devices of one person."""
    return list(PushSubscription.objects.filter(user=user))


def list_channels(user: Any) -> list[Channel]:
    """Return the channels of one person."""
    return list(Channel.objects.filter(user=user))


def list_last_notices(user: Any) -> list[Notice]:
    """Return what somebody was told last, or was not, newest first."""
    rows = Notice.objects.filter(user=user).select_related("item", "subscription", "channel")
    return list(rows.order_by("-id")[:LAST])


def swarms_to_choose(user: Any) -> dict[int, str]:
    """Return the names of the first swarms that `user` may operate, by number."""
    scope = scope_of(user, "operate")
    names: dict[int, str] = import_string(settings.VICTOR_SWARM_NAMES)(None if scope.everything else scope.swarm_ids)
    return dict(list(names.items())[:MOST_SWARMS])


def swarm_levels(user: Any) -> dict[int, int]:
    """Return the wishes about single swarms."""
    return dict(SwarmWish.objects.filter(user=user).values_list("swarm_ref", "least_severity"))
