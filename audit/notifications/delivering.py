"""From notices to messages: claim what is due, weed out what is late or settled, gather what is many, send, and keep the result.

Claims are conditional updates with a time limit, so that any number of workers may do this at once, and one that dies holds nothing
for long. A message that was sent without anybody noting it is sent again under the same tag: the device shows it once.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, cast

from django.conf import settings
from django.db import transaction
from django.db.models import Count, F, Max, Q
from django.utils.module_loading import import_string

from audit.actors import SYSTEM
from audit.models import AttentionItem, Channel, Notice, PushSubscription, Wishes
from audit.notifications import channels, subscriptions, texts, tokens
from audit.notifications.targets import Outcome
from victoros.lib import clock
from victoros.lib.sentences import sentence as _

AT_ONCE = 100
THREADS = 8
MOST_TRIES = 5
CLAIM_S = 120
MINUTE = timedelta(seconds=60)
KEPT_BY_SERVICE_S = 12 * 3600
"""How long a push service keeps a message for a device that is off, if the item does not expire sooner."""


@dataclass
class Parcel:
    """One message for one device or channel, about one notice or many."""

    way: PushSubscription | Channel
    notices: list[Notice]
    message: dict[str, Any] = field(default_factory=dict)

    @property
    def is_digest(self) -> bool:
        """Tell whether it is about many."""
        return len(self.notices) > 1


def due() -> Any:
    """Return the notices that are to be sent now, those included whose sender died."""
    now = clock.now()
    return Notice.objects.filter(Q(status="waiting", due_at__lte=now) | Q(status="sending", claimed_until__lt=now))


def deliver_some() -> int:
    """Send one batch of what is due; returns how many notices were dealt with."""
    claimed = _claim()
    parcels = _pack(_weed(claimed))
    with ThreadPoolExecutor(THREADS, thread_name_prefix="notice") as pool:
        for parcel, outcome in zip(parcels, pool.map(_send, parcels), strict=True):
            _keep(parcel, outcome)
    return len(claimed)


@transaction.atomic
def _claim() -> list[Notice]:
    rows = due().order_by("due_at", "id").select_for_update(skip_locked=True, of=("self",))
    notices = list(rows.select_related("item", "subscription", "channel")[:AT_ONCE])
    Notice.objects.filter(pk__in=[notice.pk for notice in notices]).update(
        status="sending", tries=F("tries") + 1, claimed_until=clock.now() + timedelta(seconds=CLAIM_S)
    )
    return notices


def _weed(notices: list[Notice]) -> list[Notice]:
    """Return those that are still to be sent; the others are dropped with a note, or put off."""
    now = clock.now()
    shown = _shown_elsewhere([notice for notice in notices if notice.channel_id])
    kept = []
    for notice in notices:
        way = notice.subscription or notice.channel
        if notice.item.status != AttentionItem.Status.OPEN:
            _drop(notice, _("settled before it was sent"))
        elif notice.late_at < now:
            _drop(notice, _("too late: it could not be sent in time"))
        elif notice.channel_id and (notice.user_id, notice.item_id) in shown:
            _drop(notice, _("a device showed it"))
        elif way is not None and way.paused_until is not None and way.paused_until > now:
            _put_off([notice], way.paused_until)
        else:
            kept.append(notice)
    return kept


def _shown_elsewhere(waiting: list[Notice]) -> set[tuple[int, int]]:
    shown = Notice.objects.filter(item__in=[notice.item_id for notice in waiting], channel=None, shown_at__isnull=False)
    return set(shown.values_list("user_id", "item_id")) if waiting else set()


def _pack(notices: list[Notice]) -> list[Parcel]:
    """Make messages of the notices: one each, or one for all where they are many."""
    by_way: dict[tuple[str, int | None], list[Notice]] = defaultdict(list)
    for notice in notices:
        by_way["device" if notice.subscription_id else "channel", notice.subscription_id or notice.channel_id].append(
            notice
        )
    limits = dict(Wishes.objects.filter(user__in={n.user_id for n in notices}).values_list("user", "digest_over"))
    recent, recent_channels = _sent_lately("subscription", notices), _sent_lately("channel", notices)
    parcels = []
    for (sort, ref), group in by_way.items():
        count, last_digest = (recent if sort == "device" else recent_channels).get(ref or 0, (0, None))
        if last_digest is not None:
            _put_off(group, last_digest + MINUTE)
        elif len(group) > 1 and len(group) + count > limits.get(group[0].user_id, Wishes().digest_over):
            parcels.append(_parcel(group))
        else:
            parcels += [_parcel([notice]) for notice in group]
    _write(parcels)
    return parcels


def _parcel(group: list[Notice]) -> Parcel:
    return Parcel(cast(PushSubscription | Channel, group[0].subscription or group[0].channel), group)


def _sent_lately(way: str, notices: list[Notice]) -> dict[int, tuple[int, datetime | None]]:
    """Return by device or channel how many messages it got within the last minute, and when the last digest."""
    refs = {getattr(notice, f"{way}_id") for notice in notices} - {None}
    rows = Notice.objects.filter(**{f"{way}__in": refs}, status="sent", sent_at__gt=clock.now() - MINUTE)
    counted = rows.values(way).annotate(n=Count("pk"), last=Max("sent_at", filter=Q(is_digest=True)))
    return {row[way]: (row["n"], row["last"]) for row in counted} if refs else {}


def _write(parcels: list[Parcel]) -> None:
    """Write the messages, with tokens for devices."""
    items = {notice.item_id: notice.item for parcel in parcels for notice in parcel.notices}
    swarms = import_string(settings.VICTOR_SWARM_NAMES)({item.swarm_ref for item in items.values()} - {None})
    digests: dict[int, str] = import_string(settings.VICTOR_ACTS)(items.values())
    for parcel in parcels:
        if isinstance(parcel.way, Channel):
            parcel.message = _about(parcel, swarms, "")
            continue
        act = "" if parcel.is_digest else digests.get(parcel.notices[0].item_id, "")
        token = tokens.issue(parcel.notices, act)
        parcel.message = _about(parcel, swarms, token if act else "") | {"token": token, "device": parcel.way.pk}


def _about(parcel: Parcel, swarms: dict[int, str], token: str) -> dict[str, Any]:
    if parcel.is_digest:
        return texts.about_many([notice.item for notice in parcel.notices], swarms)
    return texts.about_item(parcel.notices[0].item, swarms, token=token)


def _send(parcel: Parcel) -> Outcome:
    """Send one parcel; runs in a thread of the pool and touches no row."""
    message = parcel.message
    if isinstance(parcel.way, Channel):
        return channels.send_through(
            parcel.way, message["title"], f"{message['body']}\n{texts.link_to(message['url'])}"
        )
    return subscriptions.send_to(
        parcel.way, message, ttl_s=_kept_s(parcel.notices), topic=message["tag"], urgent=message["urgent"]
    )


def _kept_s(notices: Sequence[Notice]) -> int:
    ends = [notice.item.expires_at for notice in notices if notice.item.expires_at]
    left = min((end - clock.now()).total_seconds() for end in ends) if ends else KEPT_BY_SERVICE_S
    return int(min(max(left, 0), KEPT_BY_SERVICE_S))


def _keep(parcel: Parcel, outcome: Outcome) -> None:
    """Note what came of a parcel. A device that is gone takes its notices with it."""
    rows = Notice.objects.filter(pk__in=[notice.pk for notice in parcel.notices], status="sending")
    tried = max(notice.tries for notice in parcel.notices) + 1
    if outcome.ok:
        rows.update(status="sent", sent_at=clock.now(), is_digest=parcel.is_digest, note=outcome.text)
    elif outcome.may_retry and tried < MOST_TRIES:
        rows.update(status="waiting", due_at=clock.now() + _rest(parcel.way, outcome), note=outcome.text)
    else:
        rows.update(status="failed", note=outcome.text)
    if isinstance(parcel.way, Channel):
        subscriptions.keep_result(parcel.way, outcome)
    else:
        subscriptions.note_outcome(actor=SYSTEM, device=parcel.way, outcome=outcome)


def _rest(way: PushSubscription | Channel, outcome: Outcome) -> timedelta:
    return subscriptions.rest_after(way.failures, outcome)


def _drop(notice: Notice, why: str) -> None:
    Notice.objects.filter(pk=notice.pk, status="sending").update(status="dropped", note=why)


def _put_off(notices: Iterable[Notice], until: datetime) -> None:
    """Try again at `until`; that does not count as a try."""
    rows = Notice.objects.filter(pk__in=[notice.pk for notice in notices], status="sending")
    rows.update(status="waiting", due_at=until, tries=F("tries") - 1)


# --- taking away what was settled elsewhere -----------------------------------------------------------------------------


def standing() -> Any:
    """Return what devices may still show although its item is settled."""
    sent = Notice.objects.filter(status="sent", channel=None, withdrawn_at=None)
    return sent.exclude(item__status="open")


def withdraw_some() -> int:
    """Tell devices of some items that they are settled; returns how many notices were dealt with. One try each."""
    with transaction.atomic():
        rows = standing().order_by("id").select_for_update(skip_locked=True, of=("self",))
        notices = list(rows.select_related("item", "subscription")[:AT_ONCE])
        Notice.objects.filter(pk__in=[notice.pk for notice in notices]).update(withdrawn_at=clock.now())
    wanted = [notice for notice in notices if _is_worth_telling(notice)]
    alone = [
        Parcel(cast(PushSubscription, n.subscription), [n], texts.about_settled(n.item))
        for n in wanted
        if not n.is_digest
    ]
    parcels = alone + _ended_digests([notice for notice in wanted if notice.is_digest])
    with ThreadPoolExecutor(THREADS, thread_name_prefix="notice") as pool:
        for parcel, outcome in zip(parcels, pool.map(_send_end, parcels), strict=True):
            subscriptions.note_outcome(actor=SYSTEM, device=cast(PushSubscription, parcel.way), outcome=outcome)
    return len(notices)


def _is_worth_telling(notice: Notice) -> bool:
    """Tell whether the device needs to hear: not if it was answered there, or its service took the message long ago.

    Safari takes the right to push away from sites whose messages show nothing new, so Apple's devices are not told: the worker
    clears up when the site is opened, and a late answer is refused there as everywhere.
    """
    device = notice.subscription
    is_old = notice.sent_at is None or notice.sent_at < clock.now() - timedelta(seconds=KEPT_BY_SERVICE_S)
    return device is not None and not notice.answer and not is_old and not device.service.endswith(".push.apple.com")


def _ended_digests(notices: list[Notice]) -> list[Parcel]:
    """Return one message for each device on which nothing of its digests waits any more."""
    by_device = {notice.subscription_id: notice for notice in notices}
    open_still = Notice.objects.filter(
        subscription__in=by_device, is_digest=True, status="sent", withdrawn_at=None, item__status="open"
    )
    for ref in set(open_still.values_list("subscription", flat=True)):
        by_device.pop(ref, None)
    return [
        Parcel(
            cast(PushSubscription, notice.subscription), [notice], texts.about_settled(notice.item) | {"tag": "digest"}
        )
        for notice in by_device.values()
    ]


def _send_end(parcel: Parcel) -> Outcome:
    device = cast(PushSubscription, parcel.way)
    return subscriptions.send_to(device, parcel.message, ttl_s=KEPT_BY_SERVICE_S, topic=parcel.message["tag"])
