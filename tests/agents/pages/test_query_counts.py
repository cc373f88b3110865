"""Pages cost the same number of queries with one row of each kind as with 1,000: short lists hide nothing."""

from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from agents.models import Agent, Message, Swarm
from tasks.models import Attempt, Cell, Step, Task
from tests.agents.pages.conftest import Cast


def add_rows(cast: Cast, count: int) -> None:
    """Add swarms, agents, letters, tasks and attempts, `count` of each."""
    workspace = cast.swarm.workspace
    known = Swarm.objects.count()
    Swarm.objects.bulk_create(Swarm(workspace=workspace, name=f"s{known + n}") for n in range(count))
    agents = Agent.objects.bulk_create(Agent(swarm=cast.swarm, name=f"a{known + n}") for n in range(count))
    Message.objects.bulk_create(
        Message(swarm=cast.swarm, recipient=cast.agent, sender_agent=agent, sender_name=agent.name, subject="x")
        for agent in agents
    )
    cell = Cell.objects.create(host="here", pid=1)
    tasks = Task.objects.bulk_create(
        Task(swarm=cast.swarm, title="t", status="in_progress", agent=agent) for agent in agents
    )
    attempts = Attempt.objects.bulk_create(
        Attempt(task=task, agent=cast.agent, swarm=cast.swarm, n=1, status="running", cell=cell, steps=1)
        for task in tasks
    )
    Step.objects.bulk_create(
        Step(attempt=row, n=1, kind="think", name="m", started_at=row.ready_at) for row in attempts
    )


def addresses(cast: Cast) -> list[str]:
    """Return every page that shows rows."""
    return [
        reverse("swarm_list"),
        reverse("agent_list"),
        reverse("mail_room"),
        f"{reverse('mail_room')}?swarm={cast.swarm.pk}&agent={cast.agent.pk}",
        reverse("swarm_view", args=[cast.swarm.pk]),
        reverse("agent_view", args=[cast.agent.pk]),
        reverse("mail_view", args=[Message.objects.order_by("pk")[0].pk]),
    ]


def count_queries(cast: Cast) -> dict[tuple[str, str], int]:
    """Open every page as viewer and admin and count what each asks the database."""
    counts = {}
    for role in ("viewer", "admin"):
        for url in addresses(cast):
            with CaptureQueriesContext(connection) as queries:
                assert cast[role].get(url).status_code == 200
            counts[role, url] = len(queries)
    return counts


def test_the_number_of_queries_does_not_grow(cast: Cast) -> None:
    add_rows(cast, 1)
    few = count_queries(cast)
    add_rows(cast, 1000)

    assert count_queries(cast) == few
