"""Mail that was read, items that were settled, cells that ended, sessions and wake-ups that are over."""

import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models import Exists, Model, OuterRef, Q, QuerySet

from agents.models import Message, SignInLink
from agents.models.swarm import swarms_folder
from audit.actors import SYSTEM
from audit.events import Fact, Kind, record
from audit.models import AttentionItem, Notice
from tasks.models import Attempt, BulkAct, BulkItem, Cell, Minute, Outbox
from tasks.services.minutes import KEPT as MINUTES_KEPT
from victoros.lib import clock

AT_ONCE = 100
RUNG_KEPT = timedelta(hours=1)
MOST_UNRUNG = 1000
"""Wake-ups nobody has looked at; one says as much as a thousand."""
DRAFTS_KEPT = timedelta(days=1)
LINKS_KEPT = timedelta(days=1)
NOTICES_KEPT = timedelta(days=30)
HALF_WRITTEN_S = 24 * 3600


def old_mail(before: datetime) -> QuerySet[Any]:
    """Return letters nobody waits for any more. One that was answered goes after its answers."""
    over = Message.objects.filter(status__in=["read", "acknowledged", "expired", "dead"], sent_at__lt=before)
    open_item = AttentionItem.objects.filter(object_kind="message", object_ref=OuterRef("pk"), status="open")
    return over.filter(~Exists(open_item), replies=None).exclude(status="read", acknowledge_by__gt=clock.now())


def old_items(before: datetime) -> QuerySet[Any]:
    """Return settled attention items that no live attempt may still look at."""
    live = Attempt.objects.filter(pk=OuterRef("object_ref"), status__in=Attempt.LIVE)
    settled = AttentionItem.objects.exclude(status="open").filter(created_at__lt=before, answered_at__lt=before)
    return settled.exclude(Q(object_kind="attempt") & Exists(live))


def old_results(before: datetime) -> QuerySet[Any]:
    """Return what came of each row of acts on many rows that ended, and the rows of drafts nobody began."""
    return BulkItem.objects.filter(Q(bulk__ended_at__lt=before) | _forgotten("bulk__"))


def old_bulk_acts(before: datetime) -> QuerySet[Any]:
    """Return acts on many rows whose results were let go of."""
    return BulkAct.objects.filter(Q(ended_at__lt=before) | _forgotten(), items=None)


def _forgotten(path: str = "") -> Q:
    return Q(**{f"{path}status": "draft", f"{path}created_at__lt": clock.now() - DRAFTS_KEPT})


def old_cells(before: datetime) -> QuerySet[Any]:
    """Return cells that ended or died, and owe no word about what was stopped."""
    return Cell.objects.filter(status__in=["ended", "dead"], ended_at__lt=before, attempts=None, recalls=None)


def dead_sessions(before: datetime) -> QuerySet[Any]:
    """Return sessions that have run out."""
    return Session.objects.filter(expire_date__lt=clock.now())


def dead_links(before: datetime) -> QuerySet[Any]:
    """Return sign-in links that were used or have run out a day ago."""
    day_ago = clock.now() - LINKS_KEPT
    return SignInLink.objects.filter(Q(expires_at__lt=day_ago) | Q(used_at__lt=day_ago))


def settled_wakeups(before: datetime) -> QuerySet[Any]:
    """Return wake-ups that cells have looked at, and of the others all but the newest thousand."""
    unrung = Outbox.objects.filter(rung_at=None).order_by("-pk").values_list("pk", flat=True)[MOST_UNRUNG:].first()
    settled = Q(rung_at__lt=clock.now() - RUNG_KEPT)
    return Outbox.objects.filter(settled | Q(rung_at=None, pk__lte=unrung) if unrung else settled)


def old_minutes(before: datetime) -> QuerySet[Any]:
    """Return the figures of minutes that no page shows any more."""
    return Minute.objects.filter(at__lt=clock.now() - MINUTES_KEPT)


def old_notices(before: datetime) -> QuerySet[Any]:
    """Return notifications of a month ago that nothing is to be done about any more."""
    return Notice.objects.filter(created_at__lt=clock.now() - NOTICES_KEPT).exclude(status__in=["waiting", "sending"])


def delete_some(rows: QuerySet[Any], what: str, *, with_entry: bool) -> int:
    """Delete up to `AT_ONCE` rows in one short transaction; returns how many."""
    model: type[Model] = rows.model
    with transaction.atomic():
        ids = list(rows.order_by("pk").values_list("pk", flat=True)[:AT_ONCE])
        if not ids:
            return 0
        model._default_manager.filter(pk__in=ids).delete()
        if with_entry:
            detail = {"what": what, "rows": len(ids)}
            record(Fact(Kind.WORK_TIDIED, SYSTEM, "tidying", None, "", detail=detail))
    return len(ids)


def half_written_files() -> Iterator[Path]:
    """Go through what killed processes left half written in the swarms' folders, a day old at least."""
    late = time.time() - HALF_WRITTEN_S
    for path in swarms_folder().glob("*/**/.writing-*"):
        if path.is_file() and path.stat().st_mtime < late:
            yield path


def delete_half_written() -> int:
    """Delete them; returns how many."""
    paths = list(half_written_files())
    for path in paths:
        path.unlink(missing_ok=True)
    return len(paths)
