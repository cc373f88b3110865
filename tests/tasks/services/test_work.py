"""Making, changing and ending tasks."""

from typing import Any

import pytest

from agents.llm.errors import LlmRejected
from agents.models import Swarm
from audit.models import AttentionItem
from tasks.models import Attempt, Outbox, Task
from tasks.services.work import (
    TaskDraft,
    add_dependency,
    assign_task,
    cancel_task,
    create_task,
    create_tasks,
    edit_task,
    release_task,
    retry_task,
)
from tests.agents.factories import OPERATOR, make_swarm
from tests.tasks.driving import ProcessDied, StillCell, kinds_about, live_attempt, make_worker, script, status_of, think
from victoros.lib.errors import Conflict, InvalidInput

pytestmark = pytest.mark.django_db


@pytest.fixture
def swarm() -> Swarm:
    return make_worker().swarm


def make(swarm: Swarm, title: str = "Work", **fields: Any) -> Task:
    return create_task(actor=OPERATOR, swarm=swarm, title=title, **fields)


def fail(task: Task) -> None:
    script(think, answers=[LlmRejected("no")])
    StillCell().work()
    assert status_of(task) == "failed"


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
        {"text": "x" * 200_001},
        {"text": "\x00"},
        {"priority": 101},
        {"priority": -101},
        {"needs": ["not a word!"]},
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


def test_a_key_twice_in_one_request_is_refused(swarm: Swarm) -> None:
    with pytest.raises(InvalidInput):
        create_tasks(actor=OPERATOR, swarm=swarm, drafts=[TaskDraft("a", key="k"), TaskDraft("b", key="k")])


def test_many_tasks_are_made_with_few_statements(swarm: Swarm, django_assert_max_num_queries: object) -> None:
    with django_assert_max_num_queries(40):  # type: ignore[operator]
        create_tasks(actor=OPERATOR, swarm=swarm, drafts=[TaskDraft(f"Task {n}") for n in range(500)])
    assert Task.objects.count() == 500


def test_editing_changes_what_nobody_works_on(swarm: Swarm) -> None:
    task = make(swarm)
    assert edit_task(actor=OPERATOR, task=task, title="Better", priority=7)
    assert (task.title, task.priority) == ("Better", 7)
    assert kinds_about(task)[-1] == "task.changed"
    assert not edit_task(actor=OPERATOR, task=task, title="Better")
    with pytest.raises(InvalidInput):
        edit_task(actor=OPERATOR, task=task, title="")
    with pytest.raises(InvalidInput):
        edit_task(actor=OPERATOR, task=task, status="verified")


def test_a_task_under_way_cannot_be_edited_or_assigned(swarm: Swarm) -> None:
    task = make(swarm)
    StillCell().take()
    with pytest.raises(Conflict):
        edit_task(actor=OPERATOR, task=task, title="Late")
    with pytest.raises(Conflict):
        assign_task(actor=OPERATOR, task=task, agent=None)


def test_an_assigned_task_is_taken_by_that_agent_only(swarm: Swarm) -> None:
    other = make_worker(swarm, "other")
    task = make(swarm)
    assign_task(actor=OPERATOR, task=task, agent=other)
    script(think)
    StillCell().work()
    assert live_attempt(task).agent == other
    assert "task.assigned" in kinds_about(task)


def test_a_task_cannot_be_assigned_to_another_swarm_or_to_the_retired(swarm: Swarm) -> None:
    from agents.services.agents import retire_agent

    task, gone = make(swarm), make_worker(swarm, "gone")
    retire_agent(actor=OPERATOR, agent=gone)
    gone.refresh_from_db()
    for agent in (make_worker(make_swarm()), gone):
        with pytest.raises(InvalidInput):
            assign_task(actor=OPERATOR, task=task, agent=agent)


def test_the_backlog_is_not_worked_on_until_released(swarm: Swarm) -> None:
    task = make(swarm, backlog=True)
    script(think)
    assert StillCell().work() == 0
    release_task(actor=OPERATOR, task=task)
    assert status_of(task) == "ready"
    with pytest.raises(Conflict):
        release_task(actor=OPERATOR, task=task)
    assert StillCell().work() == 1


def test_a_released_task_still_waits_for_its_dependencies(swarm: Swarm) -> None:
    task = make(swarm, "Later", depends_on=[make(swarm, "First", backlog=True)], backlog=True)
    release_task(actor=OPERATOR, task=task)
    assert status_of(task) == "blocked"


def test_cancelling_ends_the_attempt_and_refuses_its_late_writes(swarm: Swarm) -> None:
    task = make(swarm)
    cell = StillCell()
    order = cell.take()[0]
    cancel_task(actor=OPERATOR, task=task, reason="Not wanted")
    script(think)
    cell.drive(order)
    attempt = live_attempt(task)
    assert (status_of(task), task.reason, attempt.status, attempt.steps) == ("cancelled", "Not wanted", "cancelled", 0)
    assert attempt.journal.count() == 0
    assert status_of(attempt.agent) == "idle"
    assert Outbox.objects.filter(kind="halt").exists()


def test_cancelling_takes_the_open_subtasks_along(swarm: Swarm) -> None:
    parent = make(swarm)
    child = make(swarm, "Child", parent=parent)
    grandchild = make(swarm, "Grandchild", parent=child)
    cancel_task(actor=OPERATOR, task=parent)
    assert {status_of(child), status_of(grandchild)} == {"cancelled"}


def test_a_verified_task_cannot_be_cancelled(swarm: Swarm) -> None:
    task = make(swarm)
    Task.objects.update(status="verified")
    with pytest.raises(Conflict):
        cancel_task(actor=OPERATOR, task=task)


def test_a_failed_task_is_retried_with_fresh_attempts(swarm: Swarm) -> None:
    task = make(swarm)
    fail(task)
    assert AttentionItem.objects.filter(kind="failed", status="open").count() == 1
    retry_task(actor=OPERATOR, task=task)
    assert (task.status, task.reason, task.max_attempts) == ("ready", "", 4)
    assert not AttentionItem.objects.filter(status="open").exists()
    script(think)
    StillCell().work()
    assert (status_of(task), live_attempt(task).n) == ("completed", 2)


def test_only_what_ended_badly_can_be_retried(swarm: Swarm) -> None:
    with pytest.raises(Conflict):
        retry_task(actor=OPERATOR, task=make(swarm))


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
    fail(first)
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


def test_a_dead_process_loses_no_task(swarm: Swarm) -> None:
    from tasks.engine.burial import bury_cell

    tasks = [make(swarm, f"Task {n}") for n in range(3)]
    script(think)
    cell = StillCell()
    cell.die_after_commit = 1
    with pytest.raises(ProcessDied):
        cell.work()
    bury_cell(cell.id, "killed")
    StillCell().work()
    assert {status_of(task) for task in tasks} == {"completed"}
    assert Attempt.objects.count() == 3
