"""Fair shares: how places are dealt, and that a cell takes work by them."""

import pytest

from agents.models import Swarm
from audit.actors import SYSTEM
from tasks.engine.claims import take
from tasks.engine.shares import Room, deal
from tasks.models import Attempt, Task
from tasks.services.control import pause_swarm, start_swarm, stop_swarm
from tasks.services.drafts import TaskDraft
from tasks.services.making import create_tasks
from tests.agents.factories import OPERATOR, make_swarm
from tests.tasks.driving import StillCell, make_worker


def take_attempts(limit: int) -> list[int]:
    return sorted(order.attempt_id for order in take(StillCell().id, limit, room=Room(100)).orders)


def test_places_are_dealt_in_turn() -> None:
    assert deal(5, Room(100), [1, 2], {}) == {1: 3, 2: 2}


def test_the_swarm_that_holds_least_comes_first() -> None:
    assert deal(3, Room(100, {1: 10, 2: 7}), [1, 2], {}) == {2: 3}


def test_what_was_dealt_before_counts_as_held() -> None:
    assert deal(2, Room(100), [1, 2], {1: 2}) == {2: 2}


def test_one_swarm_alone_leaves_a_tenth_free() -> None:
    assert deal(1000, Room(1000), [1], {}) == {1: 900}
    assert deal(1000, Room(1000, {1: 900}), [1], {}) == {}


def test_whoever_comes_next_finds_a_place_at_once() -> None:
    assert deal(1000, Room(1000, {1: 900}), [1, 2], {}) == {2: 90}


@pytest.mark.parametrize("slots", [1, 2, 9])
def test_a_small_cell_is_filled_whole(slots: int) -> None:
    assert deal(100, Room(slots), [1], {}) == {1: slots}


def test_no_more_places_are_dealt_than_are_free() -> None:
    assert deal(10, Room(10, {7: 10}), [1], {}) == {}


@pytest.mark.django_db
class TestClaims:
    """With rows."""

    def give(self, swarm: Swarm, number: int, priority: int = 0) -> list[Task]:
        drafts = [TaskDraft(f"Task {n}", priority=priority) for n in range(number)]
        return create_tasks(actor=OPERATOR, swarm=swarm, drafts=drafts)

    def make(self, *, tasks: int) -> Swarm:
        swarm = make_swarm()
        make_worker(swarm, max_active=1000)
        self.give(swarm, tasks)
        return swarm

    def held(self, swarm: Swarm) -> int:
        return Attempt.objects.filter(swarm=swarm, status="running").count()

    def test_a_swarm_with_much_work_takes_no_more_than_its_share(self) -> None:
        big, small = self.make(tasks=60), self.make(tasks=3)
        take(StillCell().id, 20, room=Room(100))
        assert (self.held(big), self.held(small)) == (17, 3)

    def test_urgent_work_of_one_swarm_does_not_push_another_aside(self) -> None:
        big, small = self.make(tasks=0), self.make(tasks=3)
        self.give(big, 50, priority=100)
        take(StillCell().id, 6, room=Room(100))
        assert (self.held(big), self.held(small)) == (3, 3)

    def test_work_that_goes_on_does_not_push_aside_another_swarms_new_work(self) -> None:
        big = self.make(tasks=30)
        take(StillCell().id, 30, room=Room(100))
        stop_swarm(actor=SYSTEM, swarm=big)
        start_swarm(actor=SYSTEM, swarm=big)
        small = self.make(tasks=5)
        take(StillCell().id, 10, room=Room(100))
        assert (self.held(big), self.held(small)) == (5, 5)

    def test_places_a_swarm_cannot_use_go_to_the_others(self) -> None:
        idle, busy = make_swarm(), self.make(tasks=30)
        make_worker(idle, capabilities=["cooking"])
        create_tasks(actor=OPERATOR, swarm=idle, drafts=[TaskDraft("Sing", needs=["singing"])])
        assert len(take(StillCell().id, 20, room=Room(100)).orders) == 20
        assert self.held(busy) == 20

    def test_within_a_swarm_work_begun_goes_before_new_work(self) -> None:
        swarm = self.make(tasks=2)
        begun = take_attempts(2)
        stop_swarm(actor=SYSTEM, swarm=swarm)
        start_swarm(actor=SYSTEM, swarm=swarm)
        self.give(swarm, 5, priority=50)
        assert take_attempts(2) == begun

    def test_a_paused_swarm_gets_nothing_and_holds_nobody_up(self) -> None:
        paused, working = self.make(tasks=5), self.make(tasks=5)
        pause_swarm(actor=SYSTEM, swarm=paused)
        take(StillCell().id, 5, room=Room(100))
        assert (self.held(paused), self.held(working)) == (0, 5)
