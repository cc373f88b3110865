"""Agents as lists and pages need them. The number of queries does not grow with the rows."""

from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Q, QuerySet

from agents.models import Agent, Memory, Message, Provider
from agents.permissions import ADMINISTER, OPERATE, may, visible_to
from agents.selectors.choices import PAGE, Choice
from agents.selectors.swarms import AgentLine
from agents.work import CurrentWork, FinishedStep, Proof, work_reader
from victoros.lib.errors import NotFound

STATES = (*Agent.Status.values, "retired")
SHOWN_MAIL = 8
SHOWN_MEMORIES = 20


@dataclass(frozen=True)
class StateCount:
    """How many agents have one status."""

    state: str
    count: int


@dataclass(frozen=True)
class AgentPage:
    """One page of the list."""

    rows: list[AgentLine]
    total: int
    next: int | None
    counts: list[StateCount]
    """Of the choice without its state; only states that somebody has."""

    @property
    def everyone(self) -> int:
        """How many agents are in service."""
        return sum(row.count for row in self.counts if row.state != "retired")


@dataclass(frozen=True)
class AgentDetail:
    """An agent with what its page shows."""

    agent: Agent
    proof: Proof
    provider: Provider | None
    """What it really asks: its own, its swarm's or the default provider."""
    provider_from: str
    """Where that comes from: agent, swarm or default."""
    current: list[CurrentWork]
    steps: list[FinishedStep]
    mail: list[Message]
    unread: int
    memories: list[Memory]
    may_operate: bool
    may_administer: bool

    @property
    def acts(self) -> list[str]:
        """What can be done to it now."""
        known = {"running": ["pause", "stop"], "paused": ["resume", "stop"], "stopped": ["resume"]}
        return [] if self.agent.retired_at else known[self.agent.desired_state]


def find_agent(user: Any, pk: int) -> Agent:
    """Return an agent `user` may look at; raise `NotFound` to anybody else."""
    rows = Agent.objects.select_related("swarm__workspace", "swarm__provider", "provider")
    agent = visible_to(user, rows).filter(pk=pk).first()
    if agent is None:
        raise NotFound(f"There is no agent {pk}, or you may not see it.", hint="Look at the list of agents.")
    return agent


def list_agents(user: Any, choice: Choice) -> AgentPage:
    """Return a page of the agents `user` may look at, newest first. Retired ones only when asked for."""
    chosen = visible_to(user, Agent.objects.filter(swarm__archived_at=None))
    if choice.swarm:
        chosen = chosen.filter(swarm=choice.swarm)
    if choice.search:
        chosen = chosen.filter(Q(name__icontains=choice.search) | Q(role__icontains=choice.search))
    counts = _count_by_state(chosen)
    rows = _in_state(chosen, choice.state)
    total = sum(
        row.count for row in counts if row.state == choice.state or (not choice.state and row.state != "retired")
    )
    older = rows.filter(pk__lt=choice.after) if choice.after else rows
    page = list(older.select_related("swarm").defer("instructions").order_by("-pk")[: PAGE + 1])
    shown = page[:PAGE]
    proofs = work_reader().prove_agents(shown)
    lines = [AgentLine(agent, proofs[agent.pk]) for agent in shown]
    return AgentPage(lines, total, shown[-1].pk if len(page) > PAGE else None, counts)


def read_agent(user: Any, agent: Agent) -> AgentDetail:
    """Gather what the page of an agent shows. The number of queries is the same for 10 rows and for 1,000."""
    reader = work_reader()
    provider, provider_from = find_provider(agent)
    mail = Message.objects.filter(recipient=agent).select_related("recipient", "sender_agent").defer("body", "data")
    return AgentDetail(
        agent=agent,
        proof=reader.prove_agents([agent])[agent.pk],
        provider=provider,
        provider_from=provider_from,
        current=reader.list_current(agent.pk),
        steps=reader.list_steps(agent.pk),
        mail=list(mail.order_by("-pk")[:SHOWN_MAIL]),
        unread=Message.objects.filter(recipient=agent, status="delivered").count(),
        memories=list(Memory.objects.filter(agent=agent).order_by("-updated_at")[:SHOWN_MEMORIES]),
        may_operate=may(user, OPERATE, agent.swarm),
        may_administer=may(user, ADMINISTER, agent.swarm),
    )


def find_provider(agent: Agent) -> tuple[Provider | None, str]:
    """Return the provider an agent asks and whose choice it is: the agent's, its swarm's or the site's."""
    if agent.provider:
        return agent.provider, "agent"
    if agent.swarm.provider:
        return agent.swarm.provider, "swarm"
    return Provider.objects.filter(is_default=True).first(), "default"


def _in_state(rows: QuerySet[Agent], state: str) -> QuerySet[Agent]:
    if state == "retired":
        return rows.exclude(retired_at=None)
    serving = rows.filter(retired_at=None)
    return serving.filter(status=state) if state else serving


def _count_by_state(rows: QuerySet[Agent]) -> list[StateCount]:
    counted = dict(rows.filter(retired_at=None).order_by().values_list("status").annotate(Count("pk")))
    counted["retired"] = rows.exclude(retired_at=None).count()
    return [StateCount(state, counted[state]) for state in STATES if counted.get(state)]
