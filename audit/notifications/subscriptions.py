"""Devices of a person: added, renamed, removed, tried, and what each last answered."""

import hashlib
import json
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from django.core import signing
from django.db import transaction
from django.db.models import F, QuerySet
from django.urls import reverse

from audit.actors import Actor
from audit.events import Fact, Kind, record
from audit.models import Channel, PushSubscription
from audit.notifications import keys
from audit.notifications.targets import Outcome, Target, address_fault
from audit.topics import bump
from victoros.lib import clock
from victoros.lib.errors import InvalidInput, LimitReached, NotFound
from victoros.lib.sealing import SealBroken, seal, unseal
from victoros.lib.sentences import sentence as _

MOST_DEVICES = 10
"""Of one person."""
PURPOSE = "push subscriptions"
PAUSES_S = (30, 120, 600, 3600)
"""After the 1st, 2nd, ... failure in a row, unless the service names another rest; the last holds for all later ones."""
TEST_TTL_S = 300
TEST_SALT = "victor.os test notification"


def subscribe(*, actor: Actor, user: Any, name: str, target: Target) -> PushSubscription:
    """Add the device, or give a known one its new keys and name. It moves here when it was somebody else's before."""
    if fault := _fault_of(target):
        raise InvalidInput(
            _("This device cannot be told: %(fault)s.") % {"fault": fault},
            hint=_("Subscribe again from the device itself."),
        )
    digest = digest_of(target.endpoint)
    with transaction.atomic():
        others = PushSubscription.objects.filter(user=user).exclude(endpoint_digest=digest)
        if others.count() >= MOST_DEVICES:
            raise LimitReached(
                _("You have %(most_devices)s devices.") % {"most_devices": MOST_DEVICES},
                hint=_("Remove one that you do not use any more."),
            )
        PushSubscription.objects.filter(endpoint_digest=digest).exclude(user=user).delete()
        device, _created = PushSubscription.objects.update_or_create(
            endpoint_digest=digest,
            defaults={
                "user": user,
                "name": name.strip()[:80] or _("A browser"),
                "service": (urlsplit(target.endpoint).hostname or "")[:200],
                "sealed": seal(json.dumps(target.__dict__), PURPOSE),
                "application_key": keys.public_key(),
                "failures": 0,
                "last_error": "",
                "paused_until": None,
            },
        )
        record(Fact(Kind.DEVICE_ADDED, actor, "device", device.pk, device.name, detail={"service": device.service}))
        bump([topic_of(user.pk)])
    return device


def renew(*, actor: Actor, device: PushSubscription, target: Target) -> PushSubscription:
    """Give a known device the address that its push service changed; it stays the same device."""
    if fault := _fault_of(target):
        raise InvalidInput(
            _("This device cannot be told: %(fault)s.") % {"fault": fault},
            hint=_("Subscribe again from the device itself."),
        )
    with transaction.atomic():
        digest = digest_of(target.endpoint)
        PushSubscription.objects.filter(endpoint_digest=digest).exclude(pk=device.pk).delete()
        PushSubscription.objects.filter(pk=device.pk).update(
            endpoint_digest=digest,
            service=(urlsplit(target.endpoint).hostname or "")[:200],
            sealed=seal(json.dumps(target.__dict__), PURPOSE),
            application_key=keys.public_key(),
            failures=0,
            last_error="",
            paused_until=None,
        )
        record(Fact(Kind.DEVICE_ADDED, actor, "device", device.pk, device.name, detail={"why": "address_changed"}))
        bump([topic_of(device.user_id)])
    device.refresh_from_db()
    return device


@transaction.atomic
def unsubscribe(*, actor: Actor, device: PushSubscription, why: str = "") -> bool:
    """Forget the device with all that was to be sent to it; False when that was done already. `why`: a code of `REASONS`."""
    pk = device.pk
    gone, _counts = PushSubscription.objects.filter(pk=pk).delete()
    if gone:
        record(Fact(Kind.DEVICE_REMOVED, actor, "device", pk, device.name, detail={"why": why}))
        bump([topic_of(device.user_id)])
    return bool(gone)


def try_out(*, actor: Actor, device: PushSubscription) -> Outcome:
    """Send the device a message now and say what its push service answered. The device itself reports what it shows."""
    message = {
        "kind": "test",
        "tag": "test",
        "title": _("Victor.os reaches this device"),
        "body": _("%(name)s: what needs you will appear like this.") % {"name": device.name},
        "url": reverse("notification_list"),
        "token": signing.dumps(device.pk, salt=TEST_SALT),
        "actions": [],
    }
    outcome = send_to(device, message, ttl_s=TEST_TTL_S, topic="test", urgent=True)
    note_outcome(actor=actor, device=device, outcome=outcome)
    return outcome


def send_to(device: PushSubscription, message: dict[str, Any], **how: Any) -> Outcome:
    """Send one message; touches no row, so that it may run in any thread."""
    if device.application_key != keys.public_key():
        text = _("It subscribed under another VAPID key than this host has: see ./victor notify keys.")
        return Outcome(False, text, may_retry=False)
    try:
        target = open_target(device)
    except SealBroken:
        return Outcome(
            False, _("Its keys were sealed with another VICTOR_SECRET_KEY: subscribe again."), may_retry=False
        )
    from audit.notifications.sending import push  # here: most processes never send

    return push(target, message, **how)


def note_outcome(*, actor: Actor, device: PushSubscription, outcome: Outcome) -> None:
    """Keep what came of a message: a device that is gone is removed, one that failed rests a while."""
    if outcome.is_gone:
        unsubscribe(actor=actor, device=device, why="unsubscribed")
        return
    keep_result(device, outcome)


def keep_result(way: PushSubscription | Channel, outcome: Outcome) -> None:
    """Keep how a device or channel fares; one that failed rests a while."""
    row: QuerySet[PushSubscription] | QuerySet[Channel] = type(way).objects.filter(pk=way.pk)
    if outcome.ok:
        row.update(last_success_at=clock.now(), failures=0, last_error="", paused_until=None)
    else:
        rest = rest_after(way.failures, outcome)
        row.update(failures=F("failures") + 1, last_error=outcome.text, paused_until=clock.now() + rest)
    with transaction.atomic():
        bump([topic_of(way.user_id)])


def note_shown(*, device: PushSubscription) -> None:
    """Keep that the device says it showed something."""
    with transaction.atomic():
        PushSubscription.objects.filter(pk=device.pk).update(shown_at=clock.now())
        bump([topic_of(device.user_id)])


def find_device(user: Any, pk: int) -> PushSubscription:
    """Return a device of this person; raises `NotFound` for everybody else's."""
    device = PushSubscription.objects.filter(user=user, pk=pk).first()
    if device is None:
        raise NotFound(
            _("You have no device %(pk)s.") % {"pk": pk}, hint=_("It may have been removed; reload the page.")
        )
    return device


def device_at(user: Any, endpoint: str) -> PushSubscription:
    """Return the device of this person that is reached at `endpoint`; raises `NotFound`."""
    device = PushSubscription.objects.filter(user=user, endpoint_digest=digest_of(endpoint)).first()
    if device is None:
        raise NotFound(_("You have no such device."), hint=_("Subscribe again from the page."))
    return device


def device_of_test(token: str) -> PushSubscription | None:
    """Return the device to which a test with this token was sent lately."""
    try:
        pk = signing.loads(token, salt=TEST_SALT, max_age=TEST_TTL_S)
    except signing.BadSignature:
        return None
    return PushSubscription.objects.filter(pk=pk).first()


def open_target(device: PushSubscription) -> Target:
    """Return where the device is reached; raises `SealBroken`."""
    return Target(**json.loads(unseal(device.sealed, PURPOSE)))


def rest_after(failures: int, outcome: Outcome) -> timedelta:
    """Return how long to leave alone what has now failed once more after `failures` times."""
    own = PAUSES_S[min(failures, len(PAUSES_S) - 1)]
    return timedelta(seconds=max(outcome.rest_s or 0, 0) if outcome.rest_s is not None else own)


def digest_of(text: str) -> str:
    """Return the sha256 of a secret, by which it is found without being kept."""
    return hashlib.sha256(text.encode()).hexdigest()


def topic_of(user_ref: int) -> str:
    """Return the live topic of what a person's page of notifications shows."""
    return f"notices:{user_ref}"


def _fault_of(target: Target) -> str:
    """Return why a device cannot be told; empty when it can."""
    from audit.notifications.sending import keys_fault  # here: most processes never send

    return address_fault(target.endpoint) or keys_fault(target)
