"""Much of everything, added to the little world of `tests.browser.world`."""

from datetime import timedelta

from django.utils import timezone

from agents.models import Agent, AgentVersion, Message, Provider, Swarm
from audit.models import AttentionItem, Entry
from tasks.models import Approval, Attempt, Cell, Dependency, Minute, StandingRule, Step, Task
from tasks.services.spending import add_calls

LONG_RUN = 150
"""Steps more than agents: a run that long is shown in parts, which asks one query more than a short one."""


def grow(swarm: Swarm, number: int) -> None:
    """Add `number` rows of every kind that pages show, in `swarm` and on its first rows where they can hang there."""
    first, known = Agent.objects.filter(swarm=swarm).earliest("pk"), Agent.objects.count()
    _add_places(swarm, number)
    agents = Agent.objects.bulk_create(
        Agent(swarm=swarm, name=f"more-{known + n}", status="busy", active=1) for n in range(number)
    )
    AgentVersion.objects.bulk_create(
        AgentVersion(agent=first, n=100 + known + n, instructions=f"Be brief {n}.", program="loop")
        for n in range(number)
    )
    cell = Cell.objects.filter(status="alive").earliest("pk")
    tasks, attempts = _add_work(swarm, agents, cell)
    _add_waiting(swarm, attempts)
    _add_words(swarm, first, agents, tasks)


def _add_places(swarm: Swarm, number: int) -> None:
    """Add swarms, cells, providers and what was counted."""
    known, now = Swarm.objects.count(), timezone.now()
    more = [Swarm(workspace=swarm.workspace, name=f"swarm {known + n}") for n in range(number)]
    Swarm.objects.bulk_create(more)
    Cell.objects.bulk_create(Cell(host="here", pid=n) for n in range(number))
    Cell.objects.bulk_create(Cell(host="here", pid=n, status="dead", ended_at=now) for n in range(number))
    Provider.objects.bulk_create(
        Provider(name=f"provider {known + n}", kind="scripted", model="echo") for n in range(number)
    )
    Minute.objects.bulk_create(Minute(swarm=one, at=now - timedelta(minutes=5), steps=1) for one in more)


def _add_work(swarm: Swarm, agents: list[Agent], cell: Cell) -> tuple[list[Task], list[Attempt]]:
    """Add a task in work for every agent, subtasks and dependencies of the first task, and steps to what runs."""
    parent, now = Task.objects.filter(swarm=swarm, status="in_progress").earliest("pk"), timezone.now()
    tasks = Task.objects.bulk_create(
        Task(swarm=swarm, title=f"desk {n}", status="in_progress", agent=agent, parent=parent)
        for n, agent in enumerate(agents)
    )
    for status in ("ready", "blocked", "completed", "failed", "quarantined"):
        Task.objects.bulk_create(Task(swarm=swarm, title=f"{status} {n}", status=status) for n in range(len(tasks)))
    Dependency.objects.bulk_create(Dependency(task=task, on=parent) for task in tasks)
    attempts = Attempt.objects.bulk_create(
        Attempt(task=task, agent=agent, swarm=swarm, n=1, status="running", cell=cell, steps=1, cost_nanos=5)
        for task, agent in zip(tasks, agents, strict=True)
    )
    running = parent.attempts.earliest("pk")
    steps = [Step(attempt=row, n=1, kind="think", name="m", started_at=now, finished_at=now) for row in attempts]
    more = [
        Step(
            attempt=running, n=running.steps + n, kind="act", name="read_file", outcome="done",
            started_at=now, finished_at=now,
        )
        for n in range(1, len(agents) + LONG_RUN)
    ]  # fmt: skip
    Step.objects.bulk_create([*steps, *more])
    Attempt.objects.filter(pk=running.pk).update(steps=running.steps + len(more))
    add_calls([(now.date(), swarm.pk, agent.pk, f"model {agent.pk}", 0, 0, 0, 0, 5) for agent in agents])
    return tasks, attempts


def _add_waiting(swarm: Swarm, attempts: list[Attempt]) -> None:
    """Add what waits for a person: acts to approve of many agents, questions, and failures of many causes."""
    soon = timezone.now() + timedelta(hours=1)
    approvals = Approval.objects.bulk_create(
        Approval(
            attempt=row, task=row.task, swarm=swarm, agent=row.agent, tool="publish_file", arguments={"path": "a.md"},
            digest=f"{row.pk:064x}", effect_class="irreversible", expires_at=soon,
        )
        for row in attempts
    )  # fmt: skip
    where = {"title": "Which one?", "swarm_ref": swarm.pk}
    AttentionItem.objects.bulk_create(
        AttentionItem(
            kind="approval", object_kind="approval", object_ref=row.pk, task_ref=row.task_id, agent_ref=row.agent_id,
            **where,
        )
        for row in approvals
    )  # fmt: skip
    AttentionItem.objects.bulk_create(
        AttentionItem(kind="question", object_kind="attempt", object_ref=row.pk, task_ref=row.task_id, **where)
        for row in attempts
    )
    StandingRule.objects.bulk_create(
        StandingRule(swarm=swarm, tool=f"tool-{row.pk}", max_uses=3, made_by="tester", expires_at=soon)
        for row in attempts
    )


def _add_words(swarm: Swarm, first: Agent, agents: list[Agent], tasks: list[Task]) -> None:
    """Add mail to the first agent, and entries to the record."""
    letters = [
        Message(swarm=swarm, recipient=first, sender_agent=agent, sender_name=agent.name, subject="desk")
        for agent in agents
    ]
    Message.objects.bulk_create(letters)
    Entry.objects.bulk_create(
        Entry(
            kind="task.completed", actor_kind="system", actor_name="Victor.os", swarm_ref=swarm.pk,
            object_kind="task", object_ref=task.pk, object_name=task.title,
        )
        for task in tasks
    )  # fmt: skip
