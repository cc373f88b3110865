"""The parts of a swarm's page. Each names its questions, so that a whole page asks them together, and is built of the answers."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from django.db.models import BigIntegerField, Count, Q, QuerySet, Sum
from django.db.models.functions import Cast
from django.urls import reverse

from agents.models import Agent, Message, Provider, Swarm
from agents.permissions import ADMINISTER, OPERATE, scope_of_user
from agents.selectors.mail_map import read_map
from agents.work import BudgetUse, Proof, Trends, work_reader
from audit.models import AttentionItem
from victoros.lib.figures import say_money
from victoros.lib.lean import lean
from victoros.lib.together import read_together
from victoros.lib.wording import say_many

TASK_STATES = (
    "backlog",
    "ready",
    "in_progress",
    "blocked",
    "completed",
    "verified",
    "failed",
    "cancelled",
    "quarantined",
)
SHOWN_AGENTS = 20
"""More would make the page heavy for a browser; the list of agents has them all."""
SHOWN_MAIL = 8
SHOWN_ITEMS = 6
SHOWN_SPENDERS = 6
_UNSEEN = ("body", "data")


@dataclass(frozen=True)
class AgentLine:
    """One agent with the three facts about it."""

    agent: Agent
    proof: Proof


@dataclass(frozen=True)
class StateCount:
    """How many tasks stand in one state."""

    state: str
    count: int


@dataclass(frozen=True)
class SwarmState:
    """How a swarm stands: its tasks by state, what waits for a person, who does not obey yet."""

    tasks: list[StateCount]
    items: list[AttentionItem]
    item_total: int
    unfinished: int
    """Agents that have work on a cell; while the swarm is paused or stopped: that have not obeyed yet."""
    may_operate: bool
    may_administer: bool


@dataclass(frozen=True)
class SwarmCrew:
    """The agents of a swarm, the busiest first."""

    rows: list[AgentLine]
    total: int
    may_administer: bool


@dataclass(frozen=True)
class SwarmSide:
    """What stands beside: the newest mail, and what its agents ask."""

    mail: list[Message]
    provider: Provider | None
    """What its agents ask unless they have their own; None when there is no default either."""
    may_operate: bool
    may_workspace: bool
    """Whether the reader administers the workspace around it."""


@dataclass(frozen=True)
class Spender:
    """An agent with what it spent: billionths of a dollar, or tokens where nothing costs money."""

    label: str
    value: int
    is_money: bool
    agent_ref: int

    @property
    def said(self) -> str:
        """The figure as people read it."""
        return say_money(self.value) if self.is_money else say_many(self.value, "token")

    @property
    def url(self) -> str:
        """Its page."""
        return reverse("agent_view", args=[self.agent_ref])


@dataclass(frozen=True)
class SwarmSpend:
    """What a swarm spent in all and in the last hour. Money in billionths of a dollar."""

    nanos: int
    tokens: int
    by_agent: list[Spender]
    trends: Trends
    budget: BudgetUse | None
    may_administer: bool


Questions = dict[str, "QuerySet[Any, Any]"]
Found = Mapping[str, list[Any]]


@dataclass(frozen=True)
class Reader:
    """How one part is read: what it asks, and what it makes of the answers."""

    choose: Callable[[Swarm], Questions]
    """Questions of the same name are the same, whichever part asks."""
    build: Callable[[Any, Swarm, Found], Any]


def read_parts(user: Any, swarm: Swarm, *names: str, **others: "QuerySet[Any, Any]") -> tuple[dict[str, Any], Found]:
    """Return parts by their names, and what else was asked with them. One query for all that the parts ask together;
    beside it one for the proofs of a crew, two for a map and two for a budget.
    """
    readers = {name: READERS[name] for name in names}
    questions: Questions = dict(others)
    for reader in readers.values():
        questions |= reader.choose(swarm)
    found = read_together(**questions)
    return {name: reader.build(user, swarm, found) for name, reader in readers.items()}, found


# --- what the parts ask ---


def _choose_state(swarm: Swarm) -> Questions:
    items = AttentionItem.objects.filter(swarm_ref=swarm.pk, status="open")
    return {
        "tasks": work_reader().choose_counts([swarm.pk]),
        "items": items.order_by("-severity", "pk")[:SHOWN_ITEMS],
        "item_count": items.order_by().values_list("status").annotate(Count("pk")),
        **_choose_agents(swarm),
    }


def _choose_crew(swarm: Swarm) -> Questions:
    agents = Agent.objects.filter(swarm=swarm, retired_at=None).defer("instructions")
    return {"crew": agents.order_by("-active", "-waiting", "name")[:SHOWN_AGENTS], **_choose_agents(swarm)}


def _choose_spend(swarm: Swarm) -> Questions:
    """Ask who spent most money and who took most tokens: which of the two counts is seen when the sum is known."""
    return {
        "minutes": work_reader().choose_trends(swarm.pk),
        "by_cost": _choose_spenders(swarm, "cost_nanos"),
        "by_tokens": _choose_spenders(swarm, "token_count"),
        **_choose_agents(swarm),
    }


def _choose_spenders(swarm: Swarm, by: str) -> "QuerySet[Any, Any]":
    rows = Agent.objects.filter(swarm=swarm, **{f"{by}__gt": 0}).order_by(f"-{by}")
    return rows.values_list("name", by, "pk")[:SHOWN_SPENDERS]


def _choose_side(swarm: Swarm) -> Questions:
    mail = lean(Message.objects.filter(swarm=swarm), without=_UNSEEN, recipient=["name"])
    providers = (
        Provider.objects.filter(pk=swarm.provider_id) if swarm.provider_id else Provider.objects.filter(is_default=True)
    )
    return {"mail": mail.order_by("-pk")[:SHOWN_MAIL], "provider": providers.only("name", "model")[:1]}


def _choose_agents(swarm: Swarm) -> Questions:
    """Count and sum up all agents of a swarm in one go."""
    serving = Q(retired_at=None)
    going = Q(status="busy", active__gt=0)
    if swarm.desired_state == "stopped":
        going |= Q(status="shutting_down")
    figures = {
        "total": Count("pk", filter=serving),
        "busy": Count("pk", filter=serving & going),
        "nanos": Cast(Sum("cost_nanos"), BigIntegerField()),
        "tokens": Cast(Sum("token_count"), BigIntegerField()),
    }
    rows = Agent.objects.filter(swarm=swarm).order_by().values("swarm").annotate(**figures)
    return {"agents": rows.values_list(*figures)}


# --- what they make of the answers ---


def _build_state(user: Any, swarm: Swarm, found: Found) -> SwarmState:
    counts = work_reader().as_counts(found["tasks"]).get(swarm.pk, {})
    return SwarmState(
        tasks=[StateCount(state, counts.get(state, 0)) for state in TASK_STATES],
        items=found["items"],
        item_total=sum(n for _, n in found["item_count"]),
        unfinished=_sum_agents(found).busy,
        may_operate=_may(user, OPERATE, swarm),
        may_administer=_may(user, ADMINISTER, swarm),
    )


def _build_crew(user: Any, swarm: Swarm, found: Found) -> SwarmCrew:
    proofs = work_reader().prove_agents(found["crew"])
    return SwarmCrew(
        rows=[AgentLine(agent, proofs[agent.pk]) for agent in found["crew"]],
        total=_sum_agents(found).total,
        may_administer=_may(user, ADMINISTER, swarm),
    )


def _build_spend(user: Any, swarm: Swarm, found: Found) -> SwarmSpend:
    sums = _sum_agents(found)
    first = found["by_cost" if sums.nanos else "by_tokens"]
    return SwarmSpend(
        nanos=sums.nanos,
        tokens=sums.tokens,
        by_agent=[Spender(name, value, bool(sums.nanos), pk) for name, value, pk in first],
        trends=work_reader().as_trends(found["minutes"]),
        budget=work_reader().read_budget(swarm),
        may_administer=_may(user, ADMINISTER, swarm),
    )


def _build_side(user: Any, swarm: Swarm, found: Found) -> SwarmSide:
    scope = scope_of_user(user, ADMINISTER)
    return SwarmSide(
        mail=found["mail"],
        provider=next(iter(found["provider"]), None),
        may_operate=_may(user, OPERATE, swarm),
        may_workspace=scope.everything or swarm.workspace_id in scope.workspace_ids,
    )


def _may(user: Any, action: str, swarm: Swarm) -> bool:
    """Tell what `user` may do, from the rights that the page has read."""
    scope = scope_of_user(user, action)
    return scope.everything or swarm.pk in scope.swarm_ids


class _Sums(NamedTuple):
    total: int = 0
    busy: int = 0
    nanos: int = 0
    tokens: int = 0


def _sum_agents(found: Found) -> _Sums:
    return next((_Sums(*(figure or 0 for figure in row)) for row in found["agents"]), _Sums())


READERS = {
    "state": Reader(_choose_state, _build_state),
    "crew": Reader(_choose_crew, _build_crew),
    "spend": Reader(_choose_spend, _build_spend),
    "map": Reader(lambda swarm: {}, lambda user, swarm, found: read_map(swarm)),
    "side": Reader(_choose_side, _build_side),
}
