"""A stop stops: no question is asked a second after it, and nothing late is accepted."""

import os
import signal
import time
from datetime import timedelta

import pytest
from django.db.models import F

from agents.models import Agent
from agents.services.agents import create_agent
from audit.models import Entry
from tasks.models import Attempt, Cell, Recall, Step
from tasks.services.control import start_swarm, stop_agent, stop_swarm
from tasks.services.making import create_task
from tests.agents.factories import OPERATOR
from tests.faults.conftest import Playing, all_are
from tests.running import wait_until

AGENTS, DEAF, DEAF_S = 20, 3, 12.0
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


def test_agents_are_confirmed_as_stopped_one_by_one_and_those_that_hear_nothing_are_not(playing: Playing) -> None:
    for n in range(AGENTS):
        how = ("fault.deaf", ["fault_deaf"]) if n < DEAF else ("fault.steps", ["fault_post"])
        agent = create_agent(
            actor=OPERATOR,
            swarm=playing.swarm,
            name=f"agent {n}",
            provider=playing.agent.provider,
            program=how[0],
            tools=how[1],
        )
        create_task(
            actor=OPERATOR,
            swarm=playing.swarm,
            title=f"Of {agent.name}",
            data={"steps": 50, "seconds": DEAF_S},
            agent=agent,
        )
    crew_of = Agent.objects.filter(name__startswith="agent ")
    with playing.crew(cells=2):
        wait_until(lambda: Attempt.objects.filter(status="running").count() == AGENTS, 30)
        time.sleep(1)
        stop_swarm(actor=OPERATOR, swarm=playing.swarm)
        wait_until(lambda: crew_of.filter(status="stopped").count() == AGENTS - DEAF, 8)
        assert set(Recall.objects.values_list("agent__name", flat=True)) == {f"agent {n}" for n in range(DEAF)}
        assert set(Recall.objects.values_list("cell__status", flat=True)) == {"alive"}
        wait_until(lambda: crew_of.filter(status="stopped").count() == AGENTS, DEAF_S + 5)
    taken = Attempt.objects.exclude(let_go_at=None)
    assert set(taken.values_list("let_go_how", flat=True)) == {"cell"}
    late = {one.agent.name for one in taken.filter(let_go_at__gt=F("recalled_at") + timedelta(seconds=3))}
    assert late >= {f"agent {n}" for n in range(DEAF)}
    assert Entry.objects.filter(kind="attempt.let_go").count() == AGENTS


def test_a_cell_that_is_killed_before_it_has_let_go_is_known_to_be_gone(playing: Playing) -> None:
    deaf = create_agent(
        actor=OPERATOR,
        swarm=playing.swarm,
        name="deaf",
        provider=playing.agent.provider,
        program="fault.deaf",
        tools=["fault_deaf"],
    )
    create_task(actor=OPERATOR, swarm=playing.swarm, title="Wait", data={"seconds": 60}, agent=deaf)
    with playing.crew(cells=1):
        wait_until(lambda: Attempt.objects.filter(status="running").exists(), 30)
        time.sleep(1)
        stop_agent(actor=OPERATOR, agent=deaf)
        cell = Cell.objects.get(status="alive")
        time.sleep(1)
        deaf.refresh_from_db()
        assert deaf.status == "shutting_down"
        os.kill(cell.pid, signal.SIGKILL)
        wait_until(lambda: Agent.objects.get(pk=deaf.pk).status == "stopped", 5)
    assert Attempt.objects.get().let_go_how == "process"
