"""Processes die at any instant: nothing is lost, nothing is done twice, and the board never stays wrong."""

import os
import signal
from collections.abc import Callable

import pytest

from agents.models import Agent
from audit.models import AttentionItem, Entry
from tasks.models import Attempt, Cell, Step, Task
from tests.faults.conftest import Playing, all_are, busy_cells
from tests.running import wait_until

pytestmark = [pytest.mark.faults, pytest.mark.timeout(120)]
KILLS = 20


def kill(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return


def kill_cell(cell: Cell) -> None:
    kill(cell.pid)


def kill_worker(cell: Cell) -> None:
    kill(cell.worker_pid)


def kill_both(cell: Cell) -> None:
    kill(cell.worker_pid)
    kill(cell.pid)


def wait_for_a_victim(steps: int) -> Cell:
    """Return a cell in the midst of its work, once so many steps are finished."""
    found: list[Cell] = []

    def look() -> bool:
        found[:] = busy_cells(at_least=3)
        return bool(found) and Step.objects.count() >= steps

    wait_until(look, 30)
    return max(found, key=lambda cell: cell.attempts.filter(status="running").count())


def test_twenty_kills_lose_nothing_and_double_nothing(playing: Playing) -> None:
    ways: list[Callable[[Cell], None]] = [kill_cell, kill_worker, kill_both]
    Agent.objects.update(max_active=20)
    tasks = playing.give(200, steps=5)
    with playing.crew(cells=2):
        for number in range(KILLS):
            victim = wait_for_a_victim(Step.objects.count() + 5)
            ways[number % 3](victim)
            wait_until(Cell.objects.filter(pk=victim.pk, status="dead").exists, 15)
        wait_until(all_are(tasks, "completed", "failed", "quarantined", "cancelled"), 60)
    assert not Task.objects.exclude(status="completed").exists()
    assert Cell.objects.filter(status="dead").count() >= KILLS
    assert not Attempt.objects.exclude(cell=None).exists()
    assert {row.active for row in Agent.objects.all()} == {0}
    playing.check_nothing_lost_or_doubled(tasks)


def test_work_that_kills_its_process_is_put_away_and_the_rest_goes_on(playing: Playing) -> None:
    poison = playing.give(1, steps=3, poison=1)[0]
    tasks = playing.give(20, steps=3)
    with playing.crew(cells=2):
        wait_until(all_are([poison], "quarantined"), 40)
        wait_until(all_are(tasks, "completed"), 40)
    attempt = Attempt.objects.get(task=poison)
    item = AttentionItem.objects.get(kind="quarantined")
    assert (attempt.status, attempt.deaths, attempt.steps) == ("quarantined", 3, 2)
    assert (item.task_ref, item.status) == (poison.pk, "open")
    assert Entry.objects.filter(kind="task.quarantined", object_ref=poison.pk).count() == 1
    assert Entry.objects.filter(kind="cell.died").count() == 3
