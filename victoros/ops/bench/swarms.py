"""Swarms for benches: made through the services, so that what is measured is what users get."""

from itertools import count
from typing import Any

from agents.models import Agent, Provider, Swarm, Workspace
from agents.services.agents import create_agent
from agents.services.providers import add_provider
from agents.services.swarms import create_swarm
from audit.actors import SYSTEM
from tasks.models import Task
from tasks.services.control import pause_swarm
from tasks.services.drafts import TaskDraft
from tasks.services.making import create_tasks
from tasks.titles import remember_titles
from victoros.lib import clock

_numbers = count(1)


def make_swarm(**provider: Any) -> Swarm:
    """Make a swarm whose agents ask the stub model, or the provider described."""
    n = next(_numbers)
    given = {"kind": "scripted", "model": "stub200", "max_concurrent": 1000, **provider}
    made: Provider = add_provider(actor=SYSTEM, name=f"bench {n}", **given)
    workspace, _ = Workspace.objects.get_or_create(name="Bench")
    return create_swarm(actor=SYSTEM, workspace=workspace, name=f"Bench {n}", provider=made)


def make_agents(swarm: Swarm, number: int, *, max_active: int = 1) -> list[Agent]:
    """Register agents."""
    return [
        create_agent(
            actor=SYSTEM, swarm=swarm, name=f"agent {n}", program="bench.steps", tools=[], max_active=max_active
        )
        for n in range(number)
    ]


def register_many(swarm: Swarm, number: int) -> None:
    """Register idle agents in bulk."""
    Agent.objects.bulk_create(
        Agent(swarm=swarm, name=f"idle {next(_numbers)}", program="bench.steps", status="idle") for _ in range(number)
    )


def end_many(swarm: Swarm, number: int) -> None:
    """Leave tasks behind that have ended."""
    agent = Agent.objects.filter(swarm=swarm)[:1].get()
    for start in range(0, number, 10_000):
        made = Task.objects.bulk_create(
            Task(swarm=swarm, title=f"Ended {n}", status="completed", agent=agent, ended_at=clock.now())
            for n in range(start, min(start + 10_000, number))
        )
        remember_titles((task.pk, task.title) for task in made)


def give(swarm: Swarm, number: int, steps: int) -> list[Task]:
    """Create tasks."""
    return create_tasks(
        actor=SYSTEM, swarm=swarm, drafts=[TaskDraft(f"Task {n}", data={"steps": steps}) for n in range(number)]
    )


def prepare(swarm: Swarm, number: int, steps: int) -> None:
    """Pause the swarm and create tasks, so that all of them begin with its start."""
    pause_swarm(actor=SYSTEM, swarm=swarm)
    give(swarm, number, steps)
