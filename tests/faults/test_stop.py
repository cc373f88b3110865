"""A stop stops: no question is asked a second after it, and nothing late is accepted."""

import time

import pytest

from tasks.models import Attempt, Step
from tasks.services.control import start_swarm, stop_swarm
from tests.agents.factories import OPERATOR
from tests.faults.conftest import Playing, all_are
from tests.running import wait_until

pytestmark = [pytest.mark.faults, pytest.mark.xdist_group("faults"), pytest.mark.timeout(90)]


def test_a_stopped_swarm_asks_nothing_more_and_goes_on_where_it_was(playing: Playing) -> None:
    tasks = playing.give(100, steps=4)
    with playing.crew(cells=2):
        wait_until(lambda: Attempt.objects.filter(status="running").count() == 100 and playing.server.count >= 150, 30)
        result = stop_swarm(actor=OPERATOR, swarm=playing.swarm)
        stopped_at = time.time()
        steps, requests = Step.objects.count(), playing.server.count
        assert result.stopped_attempts == 100
        wait_until(lambda: time.time() > stopped_at + 1)
        late = [request for request in list(playing.server.requests) if request.at > stopped_at + 1]
        wait_until(lambda: time.time() > stopped_at + 2)
        assert (Step.objects.count(), late) == (steps, [])
        assert playing.server.requests[-1].at <= stopped_at + 1
        assert playing.server.count >= requests
        assert all_are(tasks, "blocked")()
        assert Attempt.objects.filter(status="stopped", cell=None).count() == 100
        start_swarm(actor=OPERATOR, swarm=playing.swarm)
        wait_until(all_are(tasks, "completed"), 30)
    playing.check_nothing_lost_or_doubled(tasks)
