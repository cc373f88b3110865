"""Acts on many tasks, agents and items: each row changes or says why not."""

from typing import Any

import pytest

from agents.models import Swarm
from audit.actors import SYSTEM
from audit.attention import raise_item
from audit.models import AttentionItem, Entry
from tasks.models import Approval, Task
from tests.tasks.bulk.acting import do, results, states
from tests.tasks.pages.rows import make_approval, make_attempt, make_task

pytestmark = pytest.mark.django_db


def test_each_row_changes_or_says_why_not(user: Any, swarm: Swarm) -> None:
    ready, done, over = make_task(swarm), make_task(swarm, status="verified"), make_task(swarm, status="cancelled")
    bulk = do(user, "task", "cancel", [ready, done, over], reason="Not needed")
    assert (bulk.status, bulk.done, bulk.refused, bulk.total) == ("done", 1, 2, 3)
    assert states([ready, done, over]) == ["cancelled", "verified", "cancelled"]
    assert results(bulk) == {
        ready.pk: ("done", "cancelled"),
        done.pk: ("refused", "is verified"),
        over.pk: ("refused", "is cancelled"),
    }
    assert Task.objects.get(pk=ready.pk).reason == "Not needed"


def test_every_entry_names_the_bulk_act(user: Any, swarm: Swarm) -> None:
    tasks = [make_task(swarm), make_task(swarm)]
    bulk = do(user, "task", "pause", tasks)
    about = Entry.objects.filter(object_kind="task", kind="task.paused")
    assert [(entry.detail["bulk"], entry.actor_name) for entry in about] == [(bulk.pk, user.username)] * 2
    own = Entry.objects.filter(object_kind="bulk", object_ref=bulk.pk).order_by("id")
    assert [(entry.kind, entry.detail.get("done")) for entry in own] == [("bulk.begun", None), ("bulk.ended", 2)]
    assert "bulk" not in Entry.objects.latest("id").detail


@pytest.mark.parametrize(
    ("status", "act", "after", "given"),
    [
        ("ready", "pause", "blocked", {}),
        ("blocked", "resume", "ready", {}),
        ("failed", "retry", "ready", {}),
        ("completed", "verify", "verified", {}),
        ("ready", "priority", "ready", {"priority": 7}),
        ("ready", "assign", "ready", {"agent": None}),
        ("backlog", "cancel", "cancelled", {}),
    ],
)
def test_the_acts_on_tasks(user: Any, swarm: Swarm, status: str, act: str, after: str, given: dict[str, Any]) -> None:
    task = make_task(swarm, status=status)
    bulk = do(user, "task", act, [task], **given)
    assert (bulk.done, states([task])) == (1, [after])


def ask(swarm: Swarm) -> AttentionItem:
    attempt = make_attempt(make_task(swarm, status="in_progress"), status="waiting", waiting_for="approval")
    approval = make_approval(attempt)
    return raise_item(
        actor=SYSTEM, kind="approval", title="?", object_kind="approval", object_ref=approval.pk, swarm_ref=swarm.pk
    )


@pytest.mark.parametrize(("act", "status"), [("approve", "approved"), ("reject", "rejected")])
def test_approvals_are_decided_and_other_items_are_not(user: Any, swarm: Swarm, act: str, status: str) -> None:
    failed = raise_item(
        actor=SYSTEM, kind="failed", title="F", object_kind="task", object_ref=1, swarm_ref=swarm.pk, body="b"
    )
    bulk = do(user, "item", act, [ask(swarm), ask(swarm), failed], reason="No")
    assert (bulk.done, bulk.refused) == (2, 1)
    assert set(Approval.objects.values_list("status", flat=True)) == {status}
    assert do(user, "item", "note", [failed]).done == 1
