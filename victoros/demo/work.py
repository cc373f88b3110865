"""Tasks, attempts and steps of the sample, written in batches: each is one transaction, so that nobody waits for long."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any

from django.utils.translation import gettext_noop

from tasks.models import Attempt, Cell, Dependency, Step, Task
from tasks.titles import remember_titles
from victoros.demo.cast import Player
from victoros.demo.journal import Journal, make_journal
from victoros.demo.plans import Plan
from victoros.demo.words import ACCEPTANCE, FAULTS, RESULTS, make_title
from victoros.lib.inserting import insert_rows

OPEN = ("backlog", "ready", "in_progress", "blocked")
ENDED_WELL = ("completed", "verified")
GRACE = timedelta(seconds=40)
"""Nothing ended has ended later than so long ago."""


@dataclass
class Run:
    """One attempt of the batch with its plan, its row and its steps."""

    done: "Done"
    row: Attempt
    journal: Journal


@dataclass
class Done:
    """One task of the batch: what was planned, what was written."""

    plan: Plan
    row: Task
    runs: list[Run] = field(default_factory=list)


@dataclass(frozen=True)
class Scene:
    """What is the same for all batches."""

    random: Random
    now: datetime
    by: str
    """Name of the person who asked for the sample."""
    cell: Cell | None
    """What running attempts hang on."""
    names: dict[int, str]
    """Of the agents, by id."""


def write_work(scene: Scene, plans: Sequence[Plan], first: int) -> list[Done]:
    """Write the tasks of one batch with their attempts and steps; `first` numbers the titles. Inside a transaction."""
    batch = [Done(plan, _make_task(scene, plan, first + n)) for n, plan in enumerate(plans)]
    waits = _choose_dependencies(scene.random, batch)
    for done in batch:
        done.runs = _make_runs(scene, done)
        _date_task(scene, done)
    for pk, done in zip(insert_rows(Task, [done.row for done in batch]), batch, strict=True):
        done.row.pk = pk
    remember_titles((done.row.pk, done.row.title) for done in batch)
    _write_links(scene.random, batch, waits)
    _write_runs(batch)
    return batch


def _make_task(scene: Scene, plan: Plan, number: int) -> Task:
    random, status = scene.random, plan.status
    title, at = make_title(random, number), plan.created_at
    has_doer = bool(plan.attempts)
    return Task(
        swarm_id=plan.troupe.swarm.pk,
        title=title,
        text=f"{title}. Keep to what the documents say, and name the passage for every statement.",
        priority=random.choice((0, 0, 0, 0, 5, 10, -10, 50)),
        needs=[random.choice(("read", "check", "write"))] if random.random() < 0.3 else [],
        acceptance=_make_acceptance(random, met=status in ENDED_WELL),
        status=status,
        status_since=at,
        agent_id=plan.player.pk if has_doer else None,
        attempt_count=len(plan.attempts),
        result=random.choice(RESULTS) if status in ENDED_WELL else "",
        verify_need="check" if status == "verified" and random.random() < 0.5 else "",
        deadline=at + timedelta(days=random.randint(1, 20)) if random.random() < 0.1 else None,
        created_by=scene.by,
        created_at=at,
        ready_at=at,
    )


def _make_acceptance(random: Random, *, met: bool) -> list[dict[str, Any]]:
    if random.random() < 0.5:
        return []
    evidence = "The passage stands beside each." if met else ""
    return [{"text": text, "met": met, "evidence": evidence, "by": ""} for text in random.sample(ACCEPTANCE, 2)]


def _choose_dependencies(random: Random, batch: list[Done]) -> list[tuple[Done, Done, bool]]:
    """Return who waits for whom within the batch, and whether that is settled; who finds nobody goes to the backlog."""
    found: list[tuple[Done, Done, bool]] = []
    newest: dict[tuple[int, bool], Done] = {}
    for done in batch:
        swarm, row = done.row.swarm_id, done.row
        if row.status == "blocked" and not done.plan.attempts:
            on = newest.get((swarm, True))
            if on:
                found.append((done, on, False))
                row.open_dependencies, row.reason = 1, "It waits for other tasks."
            else:
                row.status = "backlog"
        elif random.random() < 0.08 and (swarm, False) in newest:
            found.append((done, newest[swarm, False], True))
        if row.status in OPEN or row.status in ENDED_WELL:
            newest[swarm, row.status in OPEN] = done
    return found


def _make_runs(scene: Scene, done: Done) -> list[Run]:
    at, last = done.plan.created_at + timedelta(seconds=scene.random.expovariate(1 / 120)), len(done.plan.attempts)
    runs: list[Run] = []
    for n, (status, steps) in enumerate(zip(done.plan.attempts, done.plan.steps, strict=True), 1):
        at = min(at, scene.now - 2 * GRACE)
        until = scene.now - (timedelta(seconds=5) if status in Attempt.LIVE else GRACE)
        completes = status == "completed"
        journal = make_journal(steps, done.row.title, at, until, scene.random, completes=completes)
        runs.append(Run(done, _make_attempt(scene, done, n, status, at, journal), journal))
        at = journal.ended_at + timedelta(seconds=30 if n < last else 0)
    return runs


def _make_attempt(scene: Scene, done: Done, n: int, status: str, at: datetime, journal: Journal) -> Attempt:
    category, message = scene.random.choice(FAULTS) if status in ("failed", "quarantined") else ("", "")
    row = Attempt(
        agent_id=done.plan.player.pk,
        swarm_id=done.row.swarm_id,
        n=n,
        status=status,
        fence=n + 1,
        priority=done.row.priority,
        steps=len(journal.rows),
        tokens_in=journal.tokens_in,
        tokens_out=journal.tokens_out,
        cost_nanos=journal.nanos,
        error_category=category,
        error_message=message,
        deaths=3 if status == "quarantined" else 0,
        created_at=at,
        ready_at=at,
        last_step_at=journal.ended_at if journal.rows else None,
        ended_at=None if status in Attempt.LIVE else journal.ended_at,
    )
    if status == "running" and scene.cell:
        row.cell_id = scene.cell.pk
    if status == "waiting":
        _let_wait(scene, done, row)
    return row


def _let_wait(scene: Scene, done: Done, row: Attempt) -> None:
    """Say what it waits for; ids of approvals and questions follow once they have theirs."""
    row.waiting_for, row.waiting_since = done.plan.player.waits_for, row.last_step_at or row.created_at
    if row.waiting_for == "time":
        row.wake_at = scene.now + timedelta(days=30)
    words = {
        "mail": "It waits for mail.",
        "time": gettext_noop("It looks again in a month."),
        "approval": "publish_file waits for approval.",
    }
    done.row.reason = words.get(row.waiting_for, gettext_noop("It asks a question."))


def _date_task(scene: Scene, done: Done) -> None:
    """Set what follows from the attempts: when it began and ended, why, and what the agent has to show for it."""
    row, player, last = done.row, done.plan.player, done.runs[-1].row if done.runs else None
    row.started_at = done.runs[0].row.created_at if done.runs else None
    if last:
        row.status_since = last.ended_at or row.started_at or row.status_since
    if row.status in ENDED_WELL or row.status in ("failed", "cancelled", "quarantined"):
        row.ended_at = last.ended_at if last else min(row.created_at + timedelta(minutes=9), scene.now - GRACE)
        row.status_since = row.ended_at or row.status_since
    if row.status == "verified":
        row.verified_at = row.status_since = min(row.status_since + timedelta(minutes=2), scene.now)
        row.verified_by, row.evidence = scene.by, {"looked_at": "the notes", "statements": scene.random.randint(3, 30)}
    if row.status in ("failed", "quarantined") and last:
        row.reason = f"{last.error_category}: {last.error_message}"
    if row.status == "cancelled":
        row.reason = f"Cancelled by {scene.by}."
    if last and last.status == "stopped":
        row.reason, row.held_at = f"Stopped by {scene.by}.", row.status_since
    _credit(done, player)


def _credit(done: Done, player: Player) -> None:
    """Add what the attempts came to to the agent's totals."""
    for run in done.runs:
        player.steps += run.row.steps
        player.tokens += run.row.tokens_in + run.row.tokens_out
        player.nanos += run.row.cost_nanos
        player.failed += run.row.status == "failed"
        player.done += run.row.status == "completed"
    verified_at = done.row.verified_at
    if verified_at:
        player.verified += 1
        player.verified_at = max(player.verified_at or verified_at, verified_at)


def _write_links(random: Random, batch: list[Done], waits: list[tuple[Done, Done, bool]]) -> None:
    insert_rows(
        Dependency,
        [Dependency(task_id=done.row.pk, on_id=on.row.pk, settled=settled) for done, on, settled in waits],
    )
    for n in range(0, len(batch) - 8, 60):
        parent = batch[n].row
        children = [done.row.pk for done in batch[n + 1 : n + 60] if done.row.swarm_id == parent.swarm_id][:4]
        Task.objects.filter(pk__in=children).update(parent=parent)


def _write_runs(batch: list[Done]) -> None:
    """In the order in which attempts began: ids rise with time."""
    runs = sorted((run for done in batch for run in done.runs), key=lambda run: run.row.created_at)
    for run in runs:
        run.row.task_id = run.done.row.pk
    for pk, run in zip(insert_rows(Attempt, [run.row for run in runs]), runs, strict=True):
        run.row.pk = pk
        for step in run.journal.rows:
            step.attempt_id = pk
    insert_rows(Step, [step for run in runs for step in run.journal.rows])
