"""The queue: the most pressing first, alike things as one row, each with why it is there and what comes of it."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from agents.models import Swarm
from agents.permissions import grant
from audit.actors import SYSTEM
from audit.attention import raise_item
from audit.models import AttentionItem
from tasks.models import Dependency, Task
from tasks.selectors.needs import list_alike, list_needs
from tests.agents.factories import make_swarm, make_user
from tests.tasks.pages.rows import make_approval, make_attempt, make_step, make_task
from victoros.lib.sentences import sentence

pytestmark = pytest.mark.django_db


@pytest.fixture
def swarm() -> Swarm:
    return make_swarm()


@pytest.fixture
def reader(swarm: Swarm) -> Any:
    return make_user("operator", swarm)


def fail(swarm: Swarm, body: str = "network: no route (e-12ab34cd)", **fields: Any) -> AttentionItem:
    """Let a task fail in front of the operators."""
    task = make_task(swarm, status="failed")
    given = {"kind": "failed", "title": f"“{task.title}” failed", "body": body, "object_kind": "task", **fields}
    return raise_item(actor=SYSTEM, object_ref=task.pk, task_ref=task.pk, swarm_ref=swarm.pk, **given)


def ask(swarm: Swarm, effect: str = "irreversible", severity: int = 70, **fields: Any) -> AttentionItem:
    """Let an attempt ask for approval."""
    attempt = make_attempt(make_task(swarm, status="in_progress"), status="waiting", waiting_for="approval")
    approval = make_approval(attempt, effect_class=effect)
    return raise_item(
        actor=SYSTEM,
        kind="approval",
        title="Publish?",
        object_kind="approval",
        object_ref=approval.pk,
        severity=severity,
        swarm_ref=swarm.pk,
        task_ref=attempt.task_id,
        agent_ref=attempt.agent_id,
        agent_name=attempt.agent.name,
        **fields,
    )


def order(reader: Any) -> list[int]:
    return [need.item.pk for need in list_needs(reader).rows]


def test_money_and_irreversible_acts_come_before_failures_and_notes(swarm: Swarm, reader: Any) -> None:
    failed, irreversible, money = fail(swarm), ask(swarm), ask(swarm, "money", 80)
    assert order(reader) == [money.pk, irreversible.pk, failed.pk]


def test_what_blocks_more_comes_first(swarm: Swarm, reader: Any) -> None:
    plain, blocking = fail(swarm, "one"), fail(swarm, "two")
    for _ in range(3):
        Dependency.objects.create(
            task=make_task(swarm, status="blocked"), on=Task.objects.get(title__in=[blocking.title.split("”")[0][1:]])
        )
    rows = list_needs(reader).rows
    assert [(need.item.pk, need.blocks) for need in rows] == [(blocking.pk, 3), (plain.pk, 0)]
    assert rows[0].fate == "it stays failed; 3 tasks wait for it"


def test_what_expires_soon_comes_first_and_then_what_waits_longest(swarm: Swarm, reader: Any) -> None:
    now = timezone.now()
    new, old, soon = ask(swarm), ask(swarm), ask(swarm, expires_at=now + timedelta(minutes=5))
    AttentionItem.objects.filter(pk=old.pk).update(created_at=now - timedelta(hours=5))
    assert order(reader) == [soon.pk, old.pk, new.pk]
    assert [need.is_soon for need in list_needs(reader).rows] == [True, False, False]


def test_a_hundred_failures_of_one_cause_are_one_row_that_opens(swarm: Swarm, reader: Any) -> None:
    alike = [fail(swarm, f"network: no route (e-{n:08x})") for n in range(100)]
    other = fail(swarm, "validation: bad words")
    needs = list_needs(reader)
    assert [(need.alike, need.item.pk) for need in needs.rows] == [(100, alike[0].pk), (1, other.pk)]
    assert needs.total == 101
    opened = list_needs(reader, alike=alike[7].pk)
    assert (len(opened.rows), opened.total, opened.next_begin) == (50, 100, 50)
    assert len(list_needs(reader, alike=alike[7].pk, begin=50).rows) == 50
    assert sorted(list_alike(reader, alike[3].pk)) == [item.pk for item in alike]


def test_sentences_that_differ_in_names_and_numbers_alone_are_of_one_cause(swarm: Swarm, reader: Any) -> None:
    waits, failed = sentence("It waits for “%(title)s”"), sentence("%(message)s (%(error)s)")
    for n in range(4):
        fail(swarm, waits % {"title": f'The "{n}th" of \\ many ' + "x" * 100 * n})
    for n in range(3):
        fail(swarm, failed % {"message": "no route", "error": f"e-{n:08x}"})
    fail(swarm, failed % {"message": "bad words", "error": "e-00000001"})
    assert [need.alike for need in list_needs(reader).rows] == [4, 3, 1]


def test_two_alike_stay_two_rows_and_swarms_are_kept_apart(swarm: Swarm, reader: Any) -> None:
    other = make_swarm()
    grant(reader, "viewer", other)
    for one in (swarm, swarm, other, other):
        fail(one)
    assert [need.alike for need in list_needs(reader).rows] == [1, 1, 1, 1]


def test_questions_are_never_one_row(swarm: Swarm, reader: Any) -> None:
    for n in range(5):
        raise_item(
            actor=SYSTEM, kind="question", title="Which?", object_kind="attempt", object_ref=n, swarm_ref=swarm.pk
        )
    assert len(list_needs(reader).rows) == 5


def test_each_row_says_why_and_what_comes_of_it(swarm: Swarm, reader: Any) -> None:
    item = ask(swarm)
    need = list_needs(reader).rows[0]
    assert need.why == "it cannot be undone, so a person decides first"
    assert need.fate == f"{item.agent_name} is told no and goes on without it"


def test_a_row_says_what_its_attempt_has_read(swarm: Swarm, reader: Any) -> None:
    item = ask(swarm)
    need = list_needs(reader).rows[0]
    assert need.taint is not None
    assert not need.taint.is_tainted
    attempt = need.approval.attempt if need.approval else None
    assert attempt is not None
    for n, (kind, name) in enumerate(
        [("act", "read_file"), ("act", "read_file"), ("wait", "subtask"), ("act", "subtask")]
    ):
        make_step(attempt, n + 1, kind, name=name)
    make_step(attempt, 9, "act", name="read_file", outcome="failed")
    assert str(list_needs(reader).rows[0].taint) == "read outside text: 2 documents, 1 result of another task"
    assert item.status == "open"


def test_a_stranger_sees_nothing_and_a_viewer_settles_nothing(swarm: Swarm) -> None:
    fail(swarm)
    assert list_needs(make_user()).rows == []
    assert [need.may_settle for need in list_needs(make_user("viewer", swarm)).rows] == [False]
