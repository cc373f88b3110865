"""The agents on the board: wrong and busy ones first, each with its three facts and what it does now."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Case, IntegerField, QuerySet, Value, When

from agents.models import Agent
from agents.permissions import visible_to
from agents.work import Proof
from tasks.models import Attempt
from tasks.selectors.at_work import read_at_work
from tasks.selectors.of_agents import judge_agents
from victoros.lib.heads import within_heads
from victoros.lib.lean import lean

ORDER = ("error", "offline", "busy", "shutting_down", "waiting", "initializing", "idle", "paused", "stopped")


@dataclass(frozen=True)
class Member:
    """An agent as a row of the board."""

    agent: Agent
    attempt: Attempt | None
    """What it works on or waits with; the one that moved last."""
    proof: Proof

    @property
    def last_step_at(self) -> datetime | None:
        """When its current attempt last finished a step."""
        return self.attempt.last_step_at if self.attempt else None

    @property
    def is_wrong(self) -> bool:
        """Whether it should work and is not alive or does not advance."""
        return self.agent.active > 0 and "no" in (self.proof.alive.state, self.proof.advancing.state)


def describe_members(agents: list[Agent], cells: int) -> list[Member]:
    """Join agents with what proves that they work and with what they do; `cells` are alive. One query."""
    evidence, attempts = read_at_work([agent.pk for agent in agents], cells)
    proofs = judge_agents(agents, evidence)
    members = [Member(agent, attempts.get(agent.pk), proofs[agent.pk]) for agent in agents]
    return sorted(members, key=lambda member: not member.is_wrong)


def choose_members(user: Any, limit: int) -> QuerySet[Agent]:
    """Return the agents to show first.

    Takes the first of each status by the index, then ranks those few: ranking all would read every agent.
    """
    rows = visible_to(user, Agent.objects.filter(retired_at=None))
    heads = [rows.filter(status=status).order_by("pk")[:limit] for status in ORDER]
    rank = Case(*[When(status=status, then=Value(i)) for i, status in enumerate(ORDER)], output_field=IntegerField())
    chosen = lean(Agent.objects.filter(within_heads(heads)), without=["instructions"], swarm=["name"])
    return chosen.annotate(rank=rank).order_by("rank", "pk")[:limit]
