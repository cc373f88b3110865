"""The agents on the board: wrong and busy ones first, each with its three facts and what it does now."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Case, IntegerField, Value, When

from agents.models import Agent
from agents.permissions import visible_to
from tasks.models import Attempt
from victoros.lib.facts import HealthFact, judge_advancing, judge_alive, judge_right

ORDER = ("error", "offline", "busy", "shutting_down", "waiting", "initializing", "idle", "paused", "stopped")
PRESSING = ORDER[:6]


@dataclass(frozen=True)
class Member:
    """An agent as a row of the board."""

    agent: Agent
    attempt: Attempt | None
    """What it works on or waits with; the one that moved last."""
    alive: HealthFact
    advancing: HealthFact
    right: HealthFact

    @property
    def last_step_at(self) -> datetime | None:
        """When its current attempt last finished a step."""
        return self.attempt.last_step_at if self.attempt else None

    @property
    def is_wrong(self) -> bool:
        """Whether a fact says no although it should work."""
        return self.agent.active > 0 and "no" in (self.alive.state, self.advancing.state)


def list_members(user: Any, limit: int, cells_alive: int, now: datetime) -> list[Member]:
    """Return the agents to show first. Three queries."""
    agents = _choose(user, limit)
    attempts = _current_attempts([agent.pk for agent in agents])
    members = [_describe(agent, attempts.get(agent.pk), cells_alive, now) for agent in agents]
    return sorted(members, key=lambda member: not member.is_wrong)


def _choose(user: Any, limit: int) -> list[Agent]:
    rank = Case(*[When(status=status, then=Value(i)) for i, status in enumerate(ORDER)], output_field=IntegerField())
    rows = visible_to(user, Agent.objects.filter(retired_at=None)).select_related("swarm")
    pressing = list(rows.filter(status__in=PRESSING).annotate(rank=rank).order_by("rank", "pk")[:limit])
    if len(pressing) == limit:
        return pressing
    calm = rows.exclude(status__in=PRESSING).order_by("pk")[: limit - len(pressing)]
    return pressing + list(calm)


def _current_attempts(agent_ids: list[int]) -> dict[int, Attempt]:
    rows = (
        Attempt.objects.filter(agent_id__in=agent_ids, status__in=["running", "ready", "waiting"])
        .select_related("task", "cell")
        .order_by("status", "-last_step_at")[:400]
    )
    current: dict[int, Attempt] = {}
    for attempt in sorted(rows, key=lambda row: row.status != "running"):
        current.setdefault(attempt.agent_id, attempt)
    return current


def _describe(agent: Agent, attempt: Attempt | None, cells_alive: int, now: datetime) -> Member:
    is_working = attempt is not None and attempt.status == "running"
    cell = attempt.cell if attempt else None
    return Member(
        agent=agent,
        attempt=attempt,
        alive=judge_alive(
            now, is_working=is_working, heartbeat_at=cell.heartbeat_at if cell else None, cells_alive=cells_alive
        ),
        advancing=judge_advancing(
            now,
            is_working=is_working,
            last_step_at=attempt.last_step_at if attempt else None,
            since=attempt.ready_at if attempt else None,
        ),
        right=judge_right(
            done=agent.done_count,
            verified=agent.verified_count,
            failed=agent.failed_count,
            verified_at=agent.verified_at,
        ),
    )
