"""Making tasks."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from agents.models import Swarm
from tasks.models import Outbox, Task
from tasks.services.drafts import TaskDraft
from tasks.services.making import create_task, create_tasks
from tests.agents.factories import OPERATOR, make_swarm
from tests.tasks.driving import (
    kinds_about,
    make_worker,
)
from victoros.lib.errors import InvalidInput

pytestmark = pytest.mark.django_db


@pytest.fixture
def swarm() -> Swarm:
    return make_worker().swarm


def make(swarm: Swarm, title: str = "Work", **fields: Any) -> Task:
    return create_task(actor=OPERATOR, swarm=swarm, title=title, **fields)


def test_a_new_task_is_ready_recorded_and_rung_for(swarm: Swarm) -> None:
    task = make(swarm, priority=5, needs=["B", "a", "a"], acceptance=["It is short"])
    assert (task.status, task.priority, task.needs) == ("ready", 5, ["a", "b"])
    assert task.acceptance == [{"text": "It is short", "met": False, "evidence": "", "by": ""}]
    assert kinds_about(task) == ["task.created"]
    assert Outbox.objects.filter(kind="work", rung_at=None).exists()


@pytest.mark.parametrize(
    "fields",
    [
        {"title": " "},
        {"title": "x" * 201},
        {"title": "two\nlines"},
        {"title": "a\x00b"},
        {"title": "turned \u202etxt.exe"},
        {"text": "x" * 200_001},
        {"text": "\x00"},
        {"priority": 101},
        {"priority": -101},
        {"needs": ["not a word!"]},
        {"deadline": datetime(2001, 1, 1, tzinfo=UTC)},
    ],
)
def test_nonsense_is_refused_and_nothing_is_made(swarm: Swarm, fields: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput):
        create_task(actor=OPERATOR, swarm=swarm, **{"title": "Work", **fields})
    assert not Task.objects.exists()


def test_an_agent_or_parent_of_another_swarm_is_refused(swarm: Swarm) -> None:
    stranger = make_worker(make_swarm())
    with pytest.raises(InvalidInput):
        make(swarm, agent=stranger)
    with pytest.raises(InvalidInput):
        make(swarm, parent=make(stranger.swarm))


def test_the_same_key_makes_one_task(swarm: Swarm) -> None:
    first = make(swarm, key="once")
    assert make(swarm, "Other", key="once").pk == first.pk
    assert Task.objects.count() == 1
    assert make(make_swarm(), key="once").pk != first.pk


def test_the_same_key_answers_after_its_deadline_too(swarm: Swarm) -> None:
    soon = timezone.now() + timedelta(hours=1)
    first = make(swarm, key="once", deadline=soon)
    with time_machine.travel(soon + timedelta(hours=1), tick=False):
        assert make(swarm, key="once", deadline=soon).pk == first.pk


def test_a_key_twice_in_one_request_is_refused(swarm: Swarm) -> None:
    with pytest.raises(InvalidInput):
        create_tasks(actor=OPERATOR, swarm=swarm, drafts=[TaskDraft("a", key="k"), TaskDraft("b", key="k")])


def test_many_tasks_are_made_with_few_statements(swarm: Swarm, django_assert_max_num_queries: object) -> None:
    with django_assert_max_num_queries(40):  # type: ignore[operator]
        create_tasks(actor=OPERATOR, swarm=swarm, drafts=[TaskDraft(f"Task {n}") for n in range(500)])
    assert Task.objects.count() == 500
