"""Who gets which work: by capability, load, priority and age; and what is passed over."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from agents.models import Agent, Swarm
from tasks.engine.burial import bury_cell
from tasks.engine.claims import look, take
from tasks.engine.orders import CellDeclaredDead
from tasks.engine.presence import close_cell
from tasks.models import Attempt, Cell, Outbox, Task
from tasks.services.control import pause_swarm, stop_agent
from tasks.services.making import create_task
from tests.agents.factories import OPERATOR, make_swarm
from tests.tasks.driving import StillCell, live_attempt, make_worker, script, status_of, think

pytestmark = pytest.mark.django_db


@pytest.fixture
def swarm() -> Swarm:
    return make_swarm()


def make(swarm: Swarm, title: str, **fields: Any) -> Task:
    return create_task(actor=OPERATOR, swarm=swarm, title=title, **fields)


def titles(cell: StillCell, limit: int = 100) -> list[str]:
    return [order.task.title for order in cell.take(limit)]


def take_attempts(*, alone: bool) -> list[int]:
    return [order.attempt_id for order in take(StillCell().id, 10, alone=alone).orders]


def test_the_most_urgent_goes_first_then_the_oldest(swarm: Swarm) -> None:
    make_worker(swarm, max_active=10)
    for title, priority in [("old", 0), ("urgent", 50), ("young", 0)]:
        make(swarm, title, priority=priority)
    cell = StillCell()
    assert [titles(cell, 1) for _ in range(3)] == [["urgent"], ["old"], ["young"]]


def test_only_an_agent_with_every_needed_capability_gets_a_task(swarm: Swarm) -> None:
    make_worker(swarm, "half", capabilities=["read"])
    whole = make_worker(swarm, "whole", capabilities=["write", "read"])
    task = make(swarm, "Both", needs=["read", "write"])
    StillCell().take()
    assert live_attempt(task).agent == whole


def test_a_capability_is_not_matched_by_a_part_of_its_name(swarm: Swarm) -> None:
    make_worker(swarm, capabilities=["read-fast"])
    make(swarm, "Read", needs=["read"])
    assert StillCell().take() == []


def test_the_least_loaded_agent_is_chosen_then_who_waited_longest(swarm: Swarm) -> None:
    busy, idle = make_worker(swarm, "a busy", max_active=5), make_worker(swarm, "b idle", max_active=5)
    Agent.objects.filter(pk=busy.pk).update(active=1)
    cell = StillCell()
    make(swarm, "One")
    assert cell.take()[0].agent.id == idle.pk


def test_work_is_dealt_out_evenly(swarm: Swarm) -> None:
    agents = [make_worker(swarm, f"worker {n}", max_active=4) for n in range(3)]
    for n in range(6):
        make(swarm, f"Task {n}")
    StillCell().take()
    assert [agent.attempts.count() for agent in agents] == [2, 2, 2]


def test_an_agent_gets_no_more_than_it_may_have_at_once(swarm: Swarm) -> None:
    worker = make_worker(swarm, max_active=2)
    for n in range(5):
        make(swarm, f"Task {n}")
    cell = StillCell()
    assert len(cell.take()) == 2
    assert cell.take() == []
    worker.refresh_from_db()
    assert (worker.active, worker.status) == (2, "busy")


def test_woken_attempts_too_keep_to_the_limit_of_their_agent(swarm: Swarm) -> None:
    make_worker(swarm, max_active=1)
    first, second = make(swarm, "First"), make(swarm, "Second")
    script(lambda run: run.wait_for_mail(timeout=timedelta(hours=1)))
    StillCell().work()
    assert {status_of(first), status_of(second)} == {"blocked"}
    Attempt.objects.update(wake_at=timezone.now() - timedelta(seconds=1))
    from tasks.engine.waking import wake_due

    assert wake_due() == 2
    assert len(StillCell().take()) == 1
    assert StillCell().take() == []


def test_a_pinned_task_waits_for_its_agent(swarm: Swarm) -> None:
    make_worker(swarm, "free")
    pinned = make_worker(swarm, "pinned")
    make(swarm, "Running", agent=pinned)
    cell = StillCell()
    assert len(cell.take()) == 1
    waiting = make(swarm, "Waiting", agent=pinned)
    assert cell.take() == []
    assert status_of(waiting) == "ready"


@pytest.mark.parametrize("room", [1, 5, 100])
def test_work_nobody_can_do_blocks_no_other(swarm: Swarm, room: int) -> None:
    make_worker(swarm, max_active=10)
    for n in range(30):
        make(swarm, f"Hopeless {n}", needs=[f"art-{n}"], priority=9)
    make(swarm, "Possible")
    assert titles(StillCell(), room) == ["Possible"]


def test_a_busy_swarm_does_not_block_another(swarm: Swarm) -> None:
    make(swarm, "Nobody here", priority=9)
    other = make_worker()
    make(other.swarm, "Somebody there")
    assert titles(StillCell()) == ["Somebody there"]


def test_a_task_that_rests_is_not_taken_before_its_time(swarm: Swarm) -> None:
    make_worker(swarm)
    make(swarm, "Resting")
    Task.objects.update(not_before=timezone.now() + timedelta(minutes=1))
    assert not look() or StillCell().take() == []
    Task.objects.update(not_before=timezone.now() - timedelta(seconds=1))
    assert titles(StillCell()) == ["Resting"]


def test_paused_stopped_and_retired_take_nothing(swarm: Swarm) -> None:
    worker = make_worker(swarm)
    make(swarm, "Work")
    stop_agent(actor=OPERATOR, agent=worker)
    assert StillCell().take() == []
    Agent.objects.update(desired_state="running", retired_at=timezone.now())
    assert StillCell().take() == []
    Agent.objects.update(retired_at=None)
    pause_swarm(actor=OPERATOR, swarm=swarm)
    assert StillCell().take() == []


def test_two_cells_never_get_the_same_work(swarm: Swarm) -> None:
    make_worker(swarm, max_active=10)
    for n in range(6):
        make(swarm, f"Task {n}")
    one, two = StillCell(), StillCell()
    assert len({*titles(one, 3), *titles(two, 10)}) == 6


def test_claiming_answers_the_call_for_work(swarm: Swarm) -> None:
    make_worker(swarm)
    make(swarm, "Work")
    assert Outbox.objects.filter(rung_at=None).exists()
    StillCell().take()
    assert not Outbox.objects.filter(rung_at=None).exists()


def test_a_call_with_nothing_behind_it_is_answered_too(swarm: Swarm) -> None:
    make(swarm, "Nobody is here")
    assert look()
    StillCell().take()
    assert not look()


def test_a_call_that_comes_after_the_look_is_not_taken_for_answered(swarm: Swarm) -> None:
    make(swarm, "Seen")
    seen = look()
    make(swarm, "Came since")
    since = Outbox.objects.latest("pk")
    seen.answer()
    assert list(Outbox.objects.filter(rung_at=None)) == [since]


def test_a_cell_declared_dead_claims_nothing(swarm: Swarm) -> None:
    make_worker(swarm)
    task = make(swarm, "Work")
    cell = StillCell()
    bury_cell(cell.id, "silent")
    with pytest.raises(CellDeclaredDead):
        take(cell.id, 10)
    assert status_of(task) == "ready"


@pytest.mark.parametrize("counted", [{"deaths": 1}, {"unclear_deaths": 2}])
def test_a_suspect_is_driven_alone(swarm: Swarm, counted: dict[str, int]) -> None:
    make_worker(swarm, max_active=10)
    suspect = make(swarm, "Suspect")
    first = StillCell()
    first.take()
    close_cell(first.id, "ended")
    Attempt.objects.update(**counted)
    harmless = make(swarm, "Harmless")
    assert take_attempts(alone=True) == [live_attempt(suspect).pk]
    assert take_attempts(alone=False) == [live_attempt(harmless).pk]


@pytest.mark.parametrize(
    ("counted", "waited_s", "taken"),
    [
        ({"deaths": 1}, 0, 0),
        ({"deaths": 1}, 60, 1),
        ({"unclear_deaths": 2}, 0, 0),
        ({"unclear_deaths": 2}, 2, 1),
        ({"deaths": 1, "unclear_deaths": 2}, 2, 0),
        ({"deaths": 1, "unclear_deaths": 2}, 60, 1),
        ({"unclear_deaths": 1}, 0, 1),
    ],
)
def test_a_suspect_goes_beside_others_only_after_a_while(
    swarm: Swarm, counted: dict[str, int], waited_s: int, taken: int
) -> None:
    make_worker(swarm, max_active=10)
    make(swarm, "Suspect")
    cell = StillCell()
    cell.take()
    close_cell(cell.id, "ended")
    Attempt.objects.update(ready_at=timezone.now() - timedelta(seconds=waited_s), **counted)
    assert len(take_attempts(alone=False)) == taken


def make_unclear(*swarms: Swarm) -> list[int]:
    """Make an attempt of each that has been on two cells whose end nobody can explain; returns their ids, the oldest first."""
    for swarm in swarms:
        make(swarm, "Unclear")
    cell = StillCell()
    cell.take()
    close_cell(cell.id, "ended")
    Attempt.objects.update(unclear_deaths=2, ready_at=timezone.now() - timedelta(seconds=60))
    return list(Attempt.objects.order_by("pk").values_list("pk", flat=True))


def test_of_those_whose_deaths_are_unclear_one_at_a_time_goes_beside_others(swarm: Swarm) -> None:
    make_worker(swarm, max_active=10)
    first, second, third = make_unclear(swarm, swarm, swarm)
    harmless = make(swarm, "Harmless")
    taken = take_attempts(alone=False)
    assert taken == [first, live_attempt(harmless).pk]
    assert [order.attempt_id for order in take(StillCell().id, 10, alone=False, wary=True).orders] == []
    assert take_attempts(alone=False) == [second]
    assert take_attempts(alone=True) == [third]


def test_one_beside_others_is_one_even_of_many_swarms() -> None:
    swarms = [make_swarm(), make_swarm()]
    for swarm in swarms:
        make_worker(swarm, max_active=10)
    first, second = make_unclear(*swarms)
    assert len(taken := take_attempts(alone=False)) == 1
    assert take_attempts(alone=False) == [second if taken == [first] else first]


def test_one_beside_others_takes_a_place_like_them(swarm: Swarm) -> None:
    make_worker(swarm, max_active=10)
    (suspect,) = make_unclear(swarm)
    make(swarm, "Harmless")
    assert [order.attempt_id for order in take(StillCell().id, 1, alone=False).orders] == [suspect]


def test_the_one_who_did_it_does_not_get_the_verification(swarm: Swarm) -> None:
    doer = make_worker(swarm, "doer", capabilities=["checking"], max_active=5)
    make(swarm, "Work", verify_need="checking")
    script(think)
    StillCell().work()
    assert Task.objects.get(kind="verify").status == "ready"
    other = make_worker(swarm, "other", capabilities=["checking"])
    StillCell().take()
    assert live_attempt(Task.objects.get(kind="verify")).agent == other
    assert doer.attempts.count() == 1


def test_looking_for_work_costs_the_same_with_ten_and_a_thousand_tasks(
    swarm: Swarm, django_assert_num_queries: object
) -> None:
    from tasks.services.drafts import TaskDraft
    from tasks.services.making import create_tasks

    make_worker(swarm, max_active=1000)
    cell = StillCell()
    counts = []
    for number in (10, 100):
        create_tasks(actor=OPERATOR, swarm=swarm, drafts=[TaskDraft(f"Task {n}") for n in range(number)])
        from django.db import connection
        from django.test.utils import CaptureQueriesContext

        with CaptureQueriesContext(connection) as queries:
            assert len(cell.take(50)) == min(number, 50)
        counts.append(len(queries))
    assert counts[1] <= counts[0] + 2
    assert Cell.objects.get(pk=cell.id).status == "alive"
