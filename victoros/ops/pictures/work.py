"""What is worked on in the invented installation: tasks, attempts with their steps, and the minutes of an hour."""

from datetime import datetime, timedelta
from typing import Any

from agents.models import Agent, Swarm
from audit.actors import Actor
from audit.events import Kind, record
from tasks.models import Attempt, Cell, Counted, Dependency, Minute, Step, Task
from tasks.titles import remember_titles
from tasks.transitions import fact_of_task
from victoros.ops.pictures.cast import OPERATOR, READ

CENT = 10_000_000
FILES = [f"incident-{n:04d}.md" for n in (412, 417, 421, 424, 428, 429, 431, 433, 436, 440, 447, 452)]


def make_tasks(desk: Swarm, scout: Swarm, crew: dict[str, Agent], cells: list[Cell], now: datetime) -> dict[str, Task]:
    """Make tasks in every state, with the attempts of those that were taken up; return by name what is told of later."""
    tasks: dict[str, Task] = {}
    busy = [f"reader-{n:02d}" for n in range(1, 8)]
    for n, name in enumerate(busy):
        task = _make_task(desk, f"Summarise {FILES[n]}", "in_progress", agent=crew[name])
        attempt = _begin(task, crew[name], now, status="running", cell=cells[n % 3])
        _journal(attempt, 4 + 3 * n, now)
        tasks[name] = task
    stuck = now - timedelta(minutes=16)
    Attempt.objects.filter(agent=crew["reader-07"]).update(last_step_at=stuck)
    done = [
        _make_task(desk, f"Summarise {name}", "verified", agent=crew["reader-02"], verified_by="checker")
        for name in FILES
    ]
    for n, task in enumerate(done):
        _journal(_begin(task, crew["reader-02"], now - timedelta(minutes=4 * n + 3), status="completed"), 5, now)
    for n in range(31):
        _make_task(desk, f"Summarise incident-{300 + n:04d}.md", "ready" if n < 24 else "backlog")
    for n in range(6):
        _make_task(scout, f"Look for news about supplier {n + 1}", "completed", agent=crew["scout-1"])
    failed = _make_task(
        scout, "Look for news about Orsted", "failed", agent=crew["scout-1"], reason="The provider did not answer."
    )
    publish = _make_task(
        desk,
        "Publish the digest of week 47",
        "blocked",
        agent=crew["editor"],
        reason="publish_file waits for approval.",
    )
    _journal(
        _begin(
            publish,
            crew["editor"],
            now,
            status="waiting",
            waiting_for="approval",
            waiting_since=now - timedelta(minutes=14),
        ),
        9,
        now,
    )
    Dependency.objects.create(task=publish, on=tasks["reader-01"])
    return tasks | {"publish": publish, "failed": failed, "done": done[0]}


def make_minutes(desk: Swarm, now: datetime) -> None:
    """Let the last hour have been one of uneven work, with a slow quarter and a few errors."""
    this = now.replace(second=0, microsecond=0)
    for n in range(1, 61):
        steps = 96 + (n * 37) % 41 - (n * n) % 29 - (40 if 18 < n < 26 else 0)
        calls, slow = steps // 2, 3_900 if 18 < n < 26 else 1_500
        Minute.objects.create(
            swarm=desk, at=this - timedelta(minutes=n), steps=steps, calls=calls, call_ms=calls * (slow + n % 7 * 120),
            slowest_ms=slow * 3, failed_steps=4 if n in (21, 22) else int(n == 47), tokens=calls * 1276,
            cost_nanos=calls * CENT // 40, done=n % 3, failed=0,
        )  # fmt: skip
    Counted.objects.create(pk=1, until=now)


def _make_task(swarm: Swarm, title: str, status: str, **fields: Any) -> Task:
    acceptance = [{"text": "at most three quotes, word for word", "met": status == "verified"}]
    task = Task.objects.create(
        swarm=swarm, title=title, status=status, acceptance=acceptance, created_by="operator", **fields
    )
    remember_titles([(task.pk, title)])
    record(fact_of_task(Kind.TASK_CREATED, OPERATOR, task))
    return task


def _begin(task: Task, agent: Agent, now: datetime, **fields: Any) -> Attempt:
    began = now - timedelta(minutes=17)
    ended = now if fields["status"] == "completed" else None
    Task.objects.filter(pk=task.pk).update(
        attempt_count=1, started_at=began, status_since=ended or began, created_at=began - timedelta(minutes=20)
    )
    record(fact_of_task(Kind.TASK_CLAIMED, Actor("agent", agent.pk, agent.name), task, attempt=1))
    return Attempt.objects.create(
        task=task, agent=agent, swarm=task.swarm, n=1, created_at=began, ready_at=began, ended_at=ended, **fields
    )  # fmt: skip


def _journal(attempt: Attempt, count: int, now: datetime) -> None:
    first = attempt.created_at
    steps = [_step(attempt, n, first + timedelta(seconds=n * 900 / count)) for n in range(1, count + 1)]
    Step.objects.bulk_create(steps)
    spent = {
        "tokens_in": sum(s.tokens_in for s in steps),
        "tokens_out": sum(s.tokens_out for s in steps),
        "cost_nanos": sum(s.cost_nanos for s in steps),
    }
    Attempt.objects.filter(pk=attempt.pk).update(steps=count, last_step_at=now - timedelta(seconds=4), **spent)


def _step(attempt: Attempt, n: int, begun: datetime) -> Step:
    thinks = n % 2 == 1
    took = timedelta(seconds=1.1 + (n * 7 + attempt.pk * 3) % 5) if thinks else timedelta(milliseconds=40)
    request = (
        {"system": READ, "turns": [{"role": "user", "text": "Read it."}], "tools": ["read_file"]}
        if thinks
        else {"arguments": {"path": FILES[0]}}
    )
    return Step(
        attempt=attempt, n=n, kind="think" if thinks else "act", name="gpt-large" if thinks else "read_file", request=request,
        result={"text": "Three quotes."}, tokens_in=1180 if thinks else 0, tokens_out=96 if thinks else 0,
        cost_nanos=2 * CENT if thinks else 0, started_at=begun, finished_at=begun + took,
    )  # fmt: skip
