"""A ready task that nobody is able to do does not wait in silence."""

from datetime import timedelta

import pytest
from django.utils import timezone
from pytest_django import Settings

from agents.models import Agent, Swarm
from agents.services.agents import change_agent
from audit.attention import settle_item
from audit.models import AttentionItem
from tasks.models import Task
from tasks.services.control import pause_agent, pause_swarm, resume_agent
from tasks.services.drafts import TaskDraft
from tasks.services.making import create_task, create_tasks
from tasks.services.unable import report_unable
from tests.agents.factories import OPERATOR, make_swarm
from tests.tasks.driving import JUDGE, StillCell, make_worker

pytestmark = pytest.mark.django_db


@pytest.fixture
def swarm() -> Swarm:
    return make_swarm()


@pytest.fixture
def worker(swarm: Swarm) -> Agent:
    return make_worker(swarm, capabilities=["read"])


def give(swarm: Swarm, needs: tuple[str, ...] = ("repair",), **fields: object) -> Task:
    """Make a task that has been ready for a minute."""
    task = create_task(actor=OPERATOR, swarm=swarm, title="Repair it", needs=needs, **fields)
    Task.objects.filter(pk=task.pk).update(ready_at=timezone.now() - timedelta(minutes=1))
    return task


def open_items() -> list[AttentionItem]:
    return list(AttentionItem.objects.filter(status="open"))


def test_a_need_that_nobody_has_is_told_once_with_who_would_be_needed(swarm: Swarm, worker: Agent) -> None:
    task = give(swarm)

    assert [report_unable(), report_unable()] == [1, 0]

    item = open_items()[0]
    assert (item.kind, item.task_ref, item.swarm_ref) == ("unable", task.pk, swarm.pk)
    assert "with repair" in item.body


def test_it_is_settled_by_itself_once_somebody_can(swarm: Swarm, worker: Agent) -> None:
    give(swarm)
    report_unable()

    change_agent(actor=OPERATOR, agent=worker, capabilities=["read", "repair"])

    assert report_unable() == 1
    assert open_items() == []
    assert AttentionItem.objects.get().status == "answered"


def test_busy_agents_are_able_all_the_same(swarm: Swarm, worker: Agent) -> None:
    give(swarm, needs=())
    StillCell().take()
    give(swarm, needs=("read",))

    assert report_unable() == 0


def test_a_fresh_task_and_a_held_swarm_are_left_alone(swarm: Swarm, worker: Agent, settings: Settings) -> None:
    create_task(actor=OPERATOR, swarm=swarm, title="New", needs=["repair"])
    assert report_unable() == 0
    settings.VICTOR_UNABLE_S = 0.0

    pause_swarm(actor=OPERATOR, swarm=swarm)

    assert report_unable() == 0


def test_who_could_but_is_held_is_named(swarm: Swarm, worker: Agent) -> None:
    give(swarm, needs=("read",))
    pause_agent(actor=OPERATOR, agent=worker)

    assert report_unable() == 1
    assert "worker is paused" in open_items()[0].body

    resume_agent(actor=OPERATOR, agent=worker)
    assert report_unable() == 1
    assert open_items() == []


def test_a_thousand_tasks_alike_are_one_item(swarm: Swarm, worker: Agent, settings: Settings) -> None:
    settings.VICTOR_UNABLE_S = -1.0
    create_tasks(actor=OPERATOR, swarm=swarm, drafts=[TaskDraft(f"Task {n}", needs=["repair"]) for n in range(1000)])

    assert [report_unable(), report_unable()] == [1, 0]
    assert "999 more" in open_items()[0].title


def test_what_a_person_has_taken_note_of_is_not_told_again(swarm: Swarm, worker: Agent) -> None:
    give(swarm)
    report_unable()

    settle_item(actor=JUDGE, item=open_items()[0])

    assert report_unable() == 0
    assert open_items() == []


def test_the_only_doer_may_not_verify_its_own_work(swarm: Swarm, worker: Agent) -> None:
    done = create_task(actor=OPERATOR, swarm=swarm, title="Work")
    Task.objects.filter(pk=done.pk).update(status="completed", agent=worker)
    done.refresh_from_db()
    give(swarm, needs=("read",), verifies=done)

    assert report_unable() == 1
    assert "other than who did the work" in open_items()[0].body
