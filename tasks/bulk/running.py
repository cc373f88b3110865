"""Doing a bulk act: each row in a transaction of its own, once, through any restart; and taking it back."""

import logging
import time
from datetime import timedelta
from typing import Any

from django.contrib.auth import get_user_model
from django.db import DatabaseError, transaction
from django.db.models import F

from audit.actors import Actor, person
from audit.events import Fact, Kind, part_of, record
from audit.topics import bump
from tasks.bulk.acts import find_act
from tasks.bulk.drafts import find_noun, judge
from tasks.bulk.vehicle import send_for
from tasks.models import BulkAct, BulkItem
from victoros.lib import clock
from victoros.lib.errors import Conflict, VictorError
from victoros.lib.sentences import sentence as _

log = logging.getLogger(__name__)

AT_ONCE = 20
"""So few rows are done while the person waits."""
AT_A_TIME = 100
TURN_S = 240.0
"""A job gives way to the next in the queue after so long, and comes again."""
TELL_S = 0.5
SILENT = timedelta(seconds=30)
"""A running bulk act that did not move for so long has lost its job."""


def begin_bulk(*, user: Any, bulk: BulkAct, given: dict[str, Any]) -> BulkAct:
    """Start a draft; a few rows are done at once, many by a job. Starting twice changes nothing. Events: `bulk.begun`."""
    with transaction.atomic():
        now = clock.now()
        begun = BulkAct.objects.filter(pk=bulk.pk, status="draft").update(
            status="running", given=given, started_at=now, moved_at=now
        )
        bulk.refresh_from_db()
        if begun:
            _tell(Kind.BULK_BEGUN, person(user), bulk, rows=bulk.total)
            if bulk.total > AT_ONCE:
                transaction.on_commit(lambda: send_for(bulk.pk), robust=True)
    if begun and bulk.total <= AT_ONCE:
        run_bulk(bulk.pk)
        bulk.refresh_from_db()
    return bulk


def run_bulk(bulk_id: int) -> None:
    """Go on with a bulk act until nothing is pending or its turn is over. Safe to run twice, also at the same time."""
    bulk = BulkAct.objects.filter(pk=bulk_id, status="running").select_related("undo_of").first()
    if bulk is None:
        return
    ends, told = time.monotonic() + TURN_S, time.monotonic()
    while items := list(bulk.items.filter(status="pending")[:AT_A_TIME]):
        user = get_user_model().objects.get(pk=bulk.user_id)
        for item in items:
            _do_one(bulk, user, item)
            if time.monotonic() - told > TELL_S:
                told = time.monotonic()
                _say_progress(bulk)
        if time.monotonic() > ends:
            send_for(bulk.pk)
            return
    _finish(bulk)


def undo_bulk(*, user: Any, bulk: BulkAct) -> BulkAct:
    """Draft and start the undoing of what was done; raises `Conflict` where nothing can be taken back."""
    if find_act(bulk.noun, bulk.act).undo is None or bulk.undo_of_id:
        raise Conflict(_("This cannot be undone."), hint=_("What was done to each row is in the record."))
    with transaction.atomic():
        BulkAct.objects.select_for_update().get(pk=bulk.pk)
        items = bulk.items.filter(status="done").exclude(before=None)
        refs = list(items.values_list("ref", "before"))
        if not refs or bulk.undone_by.exists():
            raise Conflict(_("There is nothing left to undo."), hint=_("It was undone before, or nothing had changed."))
        undo = BulkAct.objects.create(noun=bulk.noun, act=bulk.act, user=user, undo_of=bulk, total=len(refs))
        BulkItem.objects.bulk_create(
            [BulkItem(bulk=undo, ref=ref, before=before) for ref, before in refs], batch_size=2_000
        )
    return begin_bulk(user=user, bulk=undo, given={})


def resume_silent() -> int:
    """Send a new job for each running bulk act that does not move: its job died, or the queue was lost. Returns how many."""
    now = clock.now()
    silent = BulkAct.objects.filter(status="running", moved_at__lt=now - SILENT)
    found = list(silent.values_list("pk", flat=True)[:100])
    taken = [pk for pk in found if silent.filter(pk=pk).update(moved_at=now)]
    for pk in taken:
        send_for(pk)
    return len(taken)


def _do_one(bulk: BulkAct, user: Any, item: BulkItem) -> None:
    """Do it to one row, or note why not; whoever marks the item first does it."""
    try:
        with transaction.atomic(), part_of(bulk.pk):
            if BulkItem.objects.filter(pk=item.pk, status="pending").update(status="done"):
                said, before = _act_on(bulk, user, item)
                BulkItem.objects.filter(pk=item.pk).update(said=said, before=before)
                _count(bulk, "done")
    except VictorError as error:
        _refuse(bulk, item, error.message)
    except DatabaseError:
        raise
    except Exception as error:
        log.exception("Bulk act %s failed on %s %s.", bulk.pk, bulk.noun, item.ref)
        _refuse(bulk, item, _("An unexpected error: %(name)s.") % {"name": type(error).__name__})


def _act_on(bulk: BulkAct, user: Any, item: BulkItem) -> tuple[str, Any]:
    act = find_act(bulk.noun, bulk.act)
    rows = find_noun(bulk.noun).load(user, [item.ref])
    if not rows:
        raise Conflict(_("It is gone, or you may not see it any more."))
    if bulk.undo_of_id and act.undo is not None:
        return act.undo(person(user), rows[0], item.before or {}), None
    why_not = judge(user, act, rows[0])
    if why_not:
        raise Conflict(why_not)
    return act.do(person(user), rows[0], bulk.given)


@transaction.atomic
def _refuse(bulk: BulkAct, item: BulkItem, why: str) -> None:
    if BulkItem.objects.filter(pk=item.pk, status="pending").update(status="refused", said=why):
        _count(bulk, "refused")


def _count(bulk: BulkAct, column: str) -> None:
    BulkAct.objects.filter(pk=bulk.pk).update(**{column: F(column) + 1}, moved_at=clock.now())


@transaction.atomic
def _say_progress(bulk: BulkAct) -> None:
    bump({f"bulk:{bulk.pk}"})


@transaction.atomic
def _finish(bulk: BulkAct) -> None:
    if not BulkAct.objects.filter(pk=bulk.pk, status="running").update(status="done", ended_at=clock.now()):
        return
    bulk.refresh_from_db()
    _tell(Kind.BULK_ENDED, person(bulk.user), bulk, done=bulk.done, refused=bulk.refused)


def _tell(kind: Kind, actor: Actor, bulk: BulkAct, **counts: int) -> None:
    undo = {"undo_of": bulk.undo_of_id} if bulk.undo_of_id else {}
    detail = {"act": bulk.act, "of": bulk.noun, **undo, **counts}
    record(Fact(kind, actor, "bulk", bulk.pk, f"{bulk.act} {bulk.noun}s", detail=detail))
    bump({f"bulk:{bulk.pk}"})
