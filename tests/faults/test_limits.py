"""What a provider allows holds over all cells together, whatever happens to one of them."""

import os
import signal

import pytest

from agents.models import Provider
from audit.models import Entry
from tasks.models import Grant, Task
from tests.faults.conftest import Playing, all_are, busy_cells, living_cells
from tests.running import wait_until
from tests.standins.llm_faults import LONG_RETRY_AFTER_S

HEARD_S = 4.0
"""So long the other cell may take to hear of it, on a machine that other tests use too."""

pytestmark = [pytest.mark.faults, pytest.mark.xdist_group("faults"), pytest.mark.timeout(120)]


def limit(playing: Playing, **limits: int) -> None:
    """Set the limits of the only provider."""
    Provider.objects.filter(agents=playing.agent).update(**limits)


def most_within(times: list[float], seconds: float) -> int:
    """Return the largest number of times in any span of so many seconds."""
    ordered = sorted(times)
    return max(sum(1 for at in ordered[n:] if at < first + seconds) for n, first in enumerate(ordered))


def test_never_more_calls_at_once_than_allowed_over_three_cells_one_of_them_killed(playing: Playing) -> None:
    limit(playing, total_concurrent=7)
    tasks = playing.give(45, steps=2)
    with playing.crew(3, VICTOR_CELL_SLOTS="15"):
        wait_until(lambda: len(busy_cells()) == 3 and playing.server.count >= 15, 30)
        os.kill(busy_cells()[0].pid, signal.SIGKILL)
        wait_until(all_are(tasks, "completed"), 60)

        assert playing.server.most_at_once == 7
        wait_until(lambda: not Grant.objects.filter(cell__in=living_cells(), places__gt=0).exists(), 30)
    playing.check_nothing_lost_or_doubled(tasks)


def test_never_more_requests_in_any_window_than_allowed_over_two_cells_one_of_them_killed(playing: Playing) -> None:
    limit(playing, requests_per_min=20)
    tasks = playing.give(50, steps=1)
    with playing.crew(2, VICTOR_QUOTA_WINDOW_S="3", VICTOR_QUOTA_PATIENCE_S="1", VICTOR_CELL_SLOTS="25"):
        wait_until(lambda: Task.objects.filter(status="blocked", reason__contains="20 requests a minute").exists(), 20)
        os.kill(living_cells()[0].pid, signal.SIGKILL)
        wait_until(all_are(tasks, "completed"), 60)

    times = [request.at for request in playing.server.requests]
    assert len(times) >= 50
    assert most_within(times, 3.0) <= 20
    assert Entry.objects.filter(kind="attempt.waited", detail__waiting_for="quota").exists()


def test_tokens_count_too(playing: Playing) -> None:
    limit(playing, tokens_per_min=5300)  # a question is reckoned with its longest answer: 512 and what is sent
    tasks = playing.give(25, steps=1)
    with playing.crew(2, VICTOR_QUOTA_WINDOW_S="2", VICTOR_QUOTA_PATIENCE_S="30"):
        wait_until(lambda: playing.server.count > 0, 20)
        wait_until(all_are(tasks, "completed"), 60)

    assert most_within([request.at for request in playing.server.requests], 0.1) <= 10


def test_a_wish_to_be_left_alone_is_heard_by_all_cells(playing: Playing) -> None:
    playing.server.plan("429-long")
    tasks = playing.give(30, steps=2)
    with playing.crew(2, VICTOR_LOOK_S="0.1", VICTOR_QUOTA_PATIENCE_S="30"):
        wait_until(all_are(tasks, "completed"), 60)

    refused = next(request.at for request in playing.server.requests if request.fault == "429-long")
    later = sorted(request.at for request in playing.server.requests if request.at > refused + HEARD_S)
    assert len(later) > 30
    assert later[0] >= refused + LONG_RETRY_AFTER_S
