"""Tasks that wait for others."""

from typing import Any

import pytest

from agents.models import Swarm
from audit.models import AttentionItem
from tasks.models import Task
from tasks.services.dependencies import add_dependency
from tasks.services.making import create_task
from tasks.services.work import cancel_task, release_task, retry_task
from tests.agents.factories import OPERATOR, make_swarm
from tests.tasks.driving import (
    StillCell,
    fail_task,
    kinds_about,
    make_worker,
    script,
    status_of,
    think,
)
from victoros.lib.errors import Conflict, InvalidInput

pytestmark = pytest.mark.django_db


@pytest.fixture
def swarm() -> Swarm:
    return make_worker().swarm


def make(swarm: Swarm, title: str = "Work", **fields: Any) -> Task:
    return create_task(actor=OPERATOR, swarm=swarm, title=title, **fields)


def test_a_task_starts_by_itself_when_what_it_waits_for_is_done(swarm: Swarm) -> None:
    first = make(swarm, "First")
    second = make(swarm, "Second", depends_on=[first])
    assert (second.status, second.open_dependencies) == ("blocked", 1)
    script(think)
    StillCell().work()
    assert (status_of(first), status_of(second)) == ("completed", "completed")
    assert "task.ready" in kinds_about(second)


def test_a_task_waits_for_all_of_its_dependencies(swarm: Swarm) -> None:
    one, two = make(swarm, "One"), make(swarm, "Two", backlog=True)
    last = make(swarm, "Last", depends_on=[one, two])
    script(think)
    StillCell().work()
    assert (status_of(last), last.open_dependencies) == ("blocked", 1)
    release_task(actor=OPERATOR, task=two)
    StillCell().work()
    assert status_of(last) == "completed"


def test_a_released_task_still_waits_for_its_dependencies(swarm: Swarm) -> None:
    task = make(swarm, "Later", depends_on=[make(swarm, "First", backlog=True)], backlog=True)
    release_task(actor=OPERATOR, task=task)
    assert status_of(task) == "blocked"


def test_a_dependency_already_done_does_not_block(swarm: Swarm) -> None:
    first = make(swarm)
    script(think)
    StillCell().work()
    first.refresh_from_db()
    assert make(swarm, "Next", depends_on=[first]).status == "ready"


def test_a_result_that_must_be_verified_counts_only_once_it_is(swarm: Swarm) -> None:
    from tasks.services.verdicts import verify_task

    first = make(swarm, verify_need="checking")
    second = make(swarm, "Second", depends_on=[first])
    script(think)
    StillCell().work()
    assert (status_of(first), status_of(second)) == ("completed", "blocked")
    verify_task(actor=OPERATOR, task=first, evidence={})
    assert status_of(second) == "ready"


def test_a_failed_dependency_is_told_to_a_person_and_taken_back_when_it_ends_well(swarm: Swarm) -> None:
    first = make(swarm, "First")
    second = make(swarm, "Second", depends_on=[first])
    fail_task(first)
    item = AttentionItem.objects.get(kind="blocked")
    assert (item.task_ref, status_of(second)) == (second.pk, "blocked")
    assert "First" in second.reason
    retry_task(actor=OPERATOR, task=first)
    script(think)
    StillCell().work()
    item.refresh_from_db()
    assert (status_of(second), item.status) == ("completed", "answered")


def test_a_task_that_accepts_any_ending_goes_on_after_a_failure(swarm: Swarm) -> None:
    first = make(swarm, "First")
    second = make(swarm, "Second", depends_on=[(first, "ended")])
    cancel_task(actor=OPERATOR, task=first)
    assert status_of(second) == "ready"


def test_cycles_are_refused(swarm: Swarm) -> None:
    one = make(swarm, "One")
    two = make(swarm, "Two", depends_on=[one])
    three = make(swarm, "Three", depends_on=[two])
    for task, on in [(one, three), (one, one), (one, two)]:
        with pytest.raises(Conflict):
            add_dependency(actor=OPERATOR, task=task, on=on)


def test_a_part_cannot_wait_for_its_whole(swarm: Swarm) -> None:
    parent = make(swarm)
    with pytest.raises(Conflict):
        make(swarm, "Part", parent=parent, depends_on=[parent])


def test_a_dependency_cannot_be_added_to_work_under_way(swarm: Swarm) -> None:
    task, other = make(swarm), make(swarm, "Other", backlog=True)
    assert add_dependency(actor=OPERATOR, task=task, on=other)
    assert status_of(task) == "blocked"
    assert not add_dependency(actor=OPERATOR, task=task, on=other)
    running = make(swarm, "Running")
    StillCell().take()
    running.refresh_from_db()
    with pytest.raises(Conflict):
        add_dependency(actor=OPERATOR, task=running, on=other)


def test_dependencies_stay_inside_a_swarm(swarm: Swarm) -> None:
    with pytest.raises(InvalidInput):
        make(swarm, depends_on=[make(make_swarm())])
