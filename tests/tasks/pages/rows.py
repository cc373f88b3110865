"""Rows that the engine would have made, for tests of pages: attempts with steps, as many as wanted."""

from datetime import datetime, timedelta
from itertools import count
from typing import Any

from django.utils import timezone

from agents.models import Agent, Swarm
from tasks.models import Approval, Attempt, Cell, Step, Task
from tasks.titles import remember_titles
from tests.agents.factories import make_agent, make_swarm

_numbers = count(1)


def make_task(swarm: Swarm | None = None, **fields: Any) -> Task:
    """Make a task row in the state given."""
    swarm = swarm or (fields["agent"].swarm if fields.get("agent") else make_swarm())
    if fields.get("status") == "in_progress":
        fields.setdefault("agent", make_agent(swarm))
    task = Task.objects.create(swarm=swarm, **{"title": f"Task {next(_numbers)}", **fields})
    remember_titles([(task.pk, task.title)])
    return task


def make_tasks(swarm: Swarm, number: int, **fields: Any) -> list[Task]:
    """Make many alike."""
    tasks = Task.objects.bulk_create(Task(swarm=swarm, title=f"Task {n}", **fields) for n in range(number))
    remember_titles((task.pk, task.title) for task in tasks)
    return tasks


def make_attempt(task: Task | None = None, agent: Agent | None = None, **fields: Any) -> Attempt:
    """Make an attempt; a running one gets a cell."""
    task = task or make_task()
    agent = agent or task.agent or make_agent(task.swarm)
    if fields.get("status") == "running":
        fields["cell"] = fields.get("cell") or Cell.objects.create(host="test", pid=1)
    fields.setdefault("n", task.attempts.count() + 1)
    return Attempt.objects.create(task=task, agent=agent, swarm=task.swarm, **fields)


def make_steps(attempt: Attempt, number: int, *, begin: datetime | None = None) -> list[Step]:
    """Let think and act steps of one second follow each other."""
    begin = begin or timezone.now() - timedelta(seconds=number)
    steps = Step.objects.bulk_create(_step(attempt, n, begin + timedelta(seconds=n - 1)) for n in range(1, number + 1))
    Attempt.objects.filter(pk=attempt.pk).update(steps=number, tokens_in=100 * number, tokens_out=10 * number)
    attempt.refresh_from_db()
    return steps


def make_step(attempt: Attempt, n: int, kind: str, **fields: Any) -> Step:
    """Make one step."""
    moment = timezone.now() - timedelta(seconds=100 - n)
    given = {"name": "smollm2", "started_at": moment, "finished_at": moment + timedelta(seconds=1), **fields}
    return Step.objects.create(attempt=attempt, n=n, kind=kind, **given)


def make_approval(attempt: Attempt, **fields: Any) -> Approval:
    """Make a pending approval to publish a file."""
    given = {
        "tool": "publish_file",
        "arguments": {"path": "digest.md"},
        "digest": f"{next(_numbers):064x}",
        "effect_class": "irreversible",
        "expires_at": timezone.now() + timedelta(hours=1),
        **fields,
    }
    return Approval.objects.create(
        attempt=attempt, task=attempt.task, swarm=attempt.swarm, agent=attempt.agent, **given
    )


def _step(attempt: Attempt, n: int, moment: datetime) -> Step:
    is_think = n % 2 == 1
    request = {"system": "Be brief.", "turns": [{"role": "user", "text": f"Part {n}"}], "tools": ["read_file"]}
    return Step(
        attempt=attempt,
        n=n,
        kind="think" if is_think else "act",
        name="smollm2" if is_think else "read_file",
        request=request if is_think else {"arguments": {"path": f"notes-{n}.md"}},
        result={"text": f"Answer {n}"} if is_think else {"text": f"Read {n}"},
        tokens_in=100 if is_think else 0,
        tokens_out=10 if is_think else 0,
        started_at=moment,
        finished_at=moment + timedelta(milliseconds=900),
    )
