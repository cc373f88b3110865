"""What the pages of agents show of work; the functions `agents.work.WorkReader` describes."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db.models import BigIntegerField, CharField, Count, F, Max, Min, QuerySet, Value
from django.utils.translation import gettext as _

from agents.models import Agent
from agents.work import CurrentWork, FinishedStep, Proof, ProofFact, Trends
from tasks.models import Attempt, Cell, Step
from tasks.selectors import minutes
from tasks.selectors.attempts import lease_start
from tasks.selectors.budgets import read_budget
from tasks.selectors.counts import as_counts, count_of_swarms
from tasks.selectors.counts import choose_of_swarms as choose_counts
from tasks.selectors.minutes import choose_minutes
from tasks.selectors.stopping import judge_stop
from tasks.selectors.words import say_waiting
from victoros.lib import clock
from victoros.lib.lean import lean

__all__ = ["as_counts", "choose_counts", "read_budget"]
SLOW = timedelta(seconds=90)
"""A running attempt without a finished step for this long is late; for ten times as long, it does not advance."""
NOBODY = Value(0, BigIntegerField())
CURRENT = 10
"""Unfinished attempts that are shown."""
STEPS_FROM = 5
"""The newest steps are looked for in this many of the agent's newest attempts."""


@dataclass(frozen=True)
class Held:
    """What the attempts of one agent in one state come to."""

    count: int
    heartbeat: datetime | None
    """Of the cells that drive them, the newest."""
    stepped: datetime | None
    """When any of them last finished a step."""
    began: datetime | None
    """When the first of them became ready."""
    since: datetime | None
    """Since when the first of them waits."""


@dataclass(frozen=True)
class Evidence:
    """What the facts about some agents are judged by."""

    running: dict[int, Held] = field(default_factory=dict)
    """By agent."""
    waiting: dict[int, Held] = field(default_factory=dict)
    cells: int = 0
    """Cells that are alive."""


def prove_agents(agents: Sequence[Agent]) -> dict[int, Proof]:
    """Return the three facts of each agent by its id. One query."""
    return judge_agents(agents, _gather([agent.pk for agent in agents]))


def judge_agents(agents: Iterable[Agent], known: Evidence) -> dict[int, Proof]:
    """Return the three facts of each agent by its id, from what was read before."""
    return {
        agent.pk: Proof(
            _prove_alive(agent, known.running.get(agent.pk), known.cells),
            _prove_advancing(known.running.get(agent.pk), known.waiting.get(agent.pk)),
            _prove_right(agent),
        )
        for agent in agents
    }


def choose_current(agent_id: int) -> QuerySet[Attempt]:
    """Return the question for the unfinished attempts of an agent."""
    rows = lean(Attempt.objects.filter(agent=agent_id, status__in=Attempt.LIVE), task=["title"])
    return rows.order_by("-pk")[: 5 * CURRENT]


def as_current(rows: Iterable[Attempt]) -> list[CurrentWork]:
    """Return what `choose_current` found, running ones first."""
    order = ("running", "ready", "waiting", "stopped")
    attempts = sorted(rows, key=lambda row: order.index(row.status))
    return [_as_current(attempt) for attempt in attempts[:CURRENT]]


def choose_worked(agent_id: int) -> "QuerySet[Any, Any]":
    """Return the question for the agent's newest attempts that made a step, by their ids."""
    newest = Attempt.objects.filter(agent=agent_id, steps__gt=0).order_by("-pk")
    return newest.values_list("pk", flat=True)[:STEPS_FROM]


def list_steps(attempt_ids: Sequence[int], limit: int = 10) -> list[FinishedStep]:
    """Return the newest finished steps of some attempts.

    Asked for by their numbers, apart: nothing that PostgreSQL believes of its tables can make that slow.
    """
    rows = Step.objects.filter(attempt__in=attempt_ids).select_related("attempt__task").defer("request", "result")
    return [_as_finished(step) for step in rows.order_by("-finished_at", "-n")[:limit]]


def count_tasks(swarm_ids: Iterable[int]) -> dict[int, dict[str, int]]:
    """Return how many tasks of each swarm stand in each state that has any."""
    return count_of_swarms(swarm_ids)


def choose_trends(swarm_id: int) -> "QuerySet[Any, Any]":
    """Return the question for the last hour of one swarm, whose right to look at was asked before."""
    return choose_minutes(None, clock.now(), swarm_id)


def as_trends(rows: Iterable[dict[str, Any]]) -> Trends:
    """Return what `choose_trends` found."""
    return minutes.as_trends(rows, clock.now())


def is_any_cell_alive() -> bool:
    """Tell whether any cell takes work up. One query."""
    return Cell.objects.filter(status="alive", heartbeat_at__gte=lease_start()).exists()


def _gather(agent_ids: list[int]) -> Evidence:
    """Read the attempts of the agents by state, and in the same query, as a row without an agent, the cells."""
    held = Attempt.objects.filter(agent__in=agent_ids, status__in=["running", "waiting"]).order_by()
    dates = {
        "heartbeat": Max("cell__heartbeat_at"),
        "stepped": Max("last_step_at"),
        "began": Min("ready_at"),
        "since": Min("waiting_since"),
    }
    by_agent = held.values(who=F("agent_id"), what=F("status")).annotate(count=Count("pk"), **dates)
    alive = Cell.objects.filter(status="alive", heartbeat_at__gte=lease_start()).order_by()
    cells = alive.values(who=NOBODY, what=Value("cells", CharField()))
    beats = cells.annotate(count=Count("pk"), **dict.fromkeys(dates, Max("heartbeat_at")))
    names = ("who", "what", "count", *dates)
    known: dict[str, dict[int, Held]] = {"running": {}, "waiting": {}, "cells": {}}
    for agent, what, *figures in by_agent.values_list(*names).union(beats.values_list(*names), all=True):
        known[what][agent] = Held(*figures)
    return Evidence(known["running"], known["waiting"], known["cells"][0].count if known["cells"] else 0)


def _prove_alive(agent: Agent, running: Held | None, cells: int) -> ProofFact:
    """A lease is the proof of life. Who has no work holds none: then nobody can know."""
    if running:
        seen = running.heartbeat
        fresh = seen is not None and seen >= lease_start()
        return ProofFact("alive", "yes" if fresh else "no", _("heartbeat of the cell that drives it"), seen)
    if agent.active and agent.desired_state == "running":
        return ProofFact(
            "alive",
            "late" if cells else "no",
            _("has work that no cell has taken up") if cells else _("no cell is alive"),
        )
    return ProofFact("alive", "unknown", _("holds no lease while it has nothing to run"))


def _prove_advancing(running: Held | None, waiting: Held | None) -> ProofFact:
    if running:
        seen = running.stepped or running.began
        age = clock.now() - seen if seen else timedelta.max
        state = "yes" if age < SLOW else "late" if age < 10 * SLOW else "no"
        source = _("last finished step") if running.stepped else _("no step finished since it began")
        return ProofFact("advancing", state, source, seen)
    if waiting:
        return ProofFact(
            "advancing", "unknown", _("%(count)s waiting, nothing running") % {"count": waiting.count}, waiting.since
        )
    return ProofFact("advancing", "unknown", _("nothing running"))


def _prove_right(agent: Agent) -> ProofFact:
    """Only results that somebody else verified count; what the doer says of itself does not."""
    if not agent.done_count and not agent.failed_count:
        return ProofFact("right", "unknown", _("nothing done yet"))
    counts = {name: f"{getattr(agent, f'{name}_count'):,}" for name in ("verified", "done", "failed")}
    source = (
        _("%(verified)s of %(done)s done verified by others, %(failed)s failed") % counts
        if agent.failed_count
        else _("%(verified)s of %(done)s done verified by others") % counts
    )
    if agent.verified_count:
        state = "yes" if agent.verified_count >= agent.failed_count else "late"
    else:
        state = "no" if agent.failed_count else "unknown"
    return ProofFact("right", state, source, agent.verified_at)


def _as_current(attempt: Attempt) -> CurrentWork:
    stop = judge_stop(attempt)
    return CurrentWork(
        task_ref=attempt.task_id,
        title=attempt.task.title,
        status=attempt.status,
        since=(attempt.waiting_since if attempt.status == "waiting" else None) or attempt.ready_at,
        waits_for=say_waiting(attempt) if attempt.status == "waiting" else "",
        steps=attempt.steps,
        last_step_at=attempt.last_step_at,
        stop=stop.words if stop else "",
        has_stopped=stop is None or stop.is_confirmed,
    )


def _as_finished(step: Step) -> FinishedStep:
    return FinishedStep(
        ref=step.pk,
        task_ref=step.attempt.task_id,
        title=step.attempt.task.title,
        n=step.n,
        kind=step.kind,
        name=step.name,
        outcome=step.outcome,
        finished_at=step.finished_at,
        took_s=(step.finished_at - step.started_at).total_seconds(),
        tokens=step.tokens_in + step.tokens_out,
        cost_nanos=step.cost_nanos,
    )
