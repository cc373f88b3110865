"""The three facts about an agent, read from real rows: alive, advancing, right."""

from datetime import timedelta

import pytest
from django.utils import timezone

from agents.models import Agent
from agents.work import Proof, work_reader
from tasks.models import Attempt, Cell, Task
from tests.agents.factories import make_agent

pytestmark = pytest.mark.django_db


def prove(agent: Agent) -> Proof:
    agent.refresh_from_db()
    return work_reader().prove_agents([agent])[agent.pk]


def start_attempt(agent: Agent, *, heartbeat_s: int = 0, step_s: int | None = None) -> Attempt:
    """Let a cell drive an attempt; ages in seconds, `step_s` None means that no step was finished."""
    now = timezone.now()
    cell = Cell.objects.create(host="here", pid=1, heartbeat_at=now - timedelta(seconds=heartbeat_s))
    task = Task.objects.create(swarm=agent.swarm, title="t", status="in_progress", agent=agent)
    stepped = None if step_s is None else now - timedelta(seconds=step_s)
    return Attempt.objects.create(
        task=task, agent=agent, swarm=agent.swarm, n=1, status="running", cell=cell, last_step_at=stepped
    )


@pytest.mark.parametrize(("age_s", "state"), [(1, "yes"), (60, "no")])
def test_alive_is_the_lease_of_the_cell(age_s: int, state: str) -> None:
    agent = make_agent()
    attempt = start_attempt(agent, heartbeat_s=age_s)

    alive = prove(agent).alive

    assert (alive.state, alive.at) == (state, attempt.cell.heartbeat_at if attempt.cell else None)


def test_work_that_no_cell_takes_up_is_late_and_without_any_cell_the_agent_is_not_alive() -> None:
    agent = make_agent()
    Agent.objects.update(active=1)
    assert prove(agent).alive.state == "no"

    Cell.objects.create(host="here", pid=1)

    assert prove(agent).alive.state == "late"


@pytest.mark.parametrize(("age_s", "state"), [(5, "yes"), (300, "late"), (3000, "no")])
def test_advancing_is_the_age_of_the_last_finished_step(age_s: int, state: str) -> None:
    agent = make_agent()
    start_attempt(agent, step_s=age_s)

    assert prove(agent).advancing.state == state


def test_an_agent_that_waits_neither_lives_nor_advances_as_far_as_anybody_knows() -> None:
    agent = make_agent()
    task = Task.objects.create(swarm=agent.swarm, title="t", status="blocked", agent=agent)
    Attempt.objects.create(
        task=task,
        agent=agent,
        swarm=agent.swarm,
        n=1,
        status="waiting",
        waiting_for="approval",
        waiting_since=timezone.now(),
    )

    proof = prove(agent)

    assert (proof.alive.state, proof.advancing.state) == ("unknown", "unknown")
    assert "1 waiting" in proof.advancing.source


@pytest.mark.parametrize(
    ("done", "verified", "failed", "state"),
    [(0, 0, 0, "unknown"), (3, 0, 0, "unknown"), (3, 2, 0, "yes"), (3, 1, 2, "late"), (3, 0, 1, "no")],
)
def test_right_counts_only_what_others_verified(done: int, verified: int, failed: int, state: str) -> None:
    agent = make_agent()
    Agent.objects.update(done_count=done, verified_count=verified, failed_count=failed)

    assert prove(agent).right.state == state


def test_current_work_puts_what_runs_first_and_says_what_the_rest_waits_for() -> None:
    agent = make_agent()
    task = Task.objects.create(swarm=agent.swarm, title="Publish", status="blocked", agent=agent)
    start_attempt(agent)
    Attempt.objects.create(
        task=task,
        agent=agent,
        swarm=agent.swarm,
        n=1,
        status="waiting",
        waiting_for="approval",
        waiting_since=timezone.now(),
    )

    current = work_reader().as_current(work_reader().choose_current(agent.pk))

    assert [(work.status, work.waits_for) for work in current] == [("running", ""), ("waiting", "approval")]
