"""Agents as lists and pages need them. The number of queries does not grow with the rows."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Case, Count, F, Q, QuerySet, Value, When
from django.db.models.functions import Lower
from django.utils.translation import gettext as _

from agents.models import Agent, Memory, Message, Provider
from agents.permissions import ADMINISTER, OPERATE, may, visible_to
from agents.selectors.choices import PAGE, Choice, order_of
from agents.selectors.swarm_page import AgentLine
from agents.work import CurrentWork, FinishedStep, Proof, work_reader
from audit.models import Entry
from audit.selectors import as_open_count, choose_open_count
from victoros.lib.errors import NotFound
from victoros.lib.lean import lean
from victoros.lib.paging import Order, read_page
from victoros.lib.together import read_together

STATES = (*Agent.Status.values, "retired")
ORDERS: dict[str, Order] = {
    "name": Order("name_sorted", descending=False, kind=str),
    "since": Order("status_since", kind=datetime),
    "active": Order("active"),
    "waiting": Order("waiting"),
    "done": Order("done_count"),
    "verified": Order("verified_count"),
    "failed": Order("failed_count"),
    "cost": Order("cost_nanos"),
}
"""By what the list is sorted: A, the last changed and the most first. There are thousands of agents, not millions."""
SHOWN_MAIL = 8
SHOWN_HISTORY = 8
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
    next: str
    counts: list[StateCount]
    """Of the choice without its state; only states that somebody has."""
    previous: str = ""

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
    history: list[Entry]
    """What happened to it lately, newest first."""
    open_items: int
    """How many items wait for the reader anywhere."""
    may_operate: bool
    may_administer: bool

    @property
    def acts(self) -> list[str]:
        """What can be done to it now."""
        known = {"running": ["pause", "restart", "stop"], "paused": ["resume", "stop"], "stopped": ["resume"]}
        return [] if self.agent.retired_at else known[self.agent.desired_state]


def find_agent(user: Any, pk: int) -> Agent:
    """Return an agent `user` may look at; raise `NotFound` to anybody else."""
    rows = Agent.objects.select_related("swarm__workspace", "swarm__provider", "provider")
    agent = visible_to(user, rows).filter(pk=pk).first()
    if agent is None:
        raise NotFound(
            _("There is no agent %(pk)s, or you may not see it.") % {"pk": pk}, hint=_("Look at the list of agents.")
        )
    return agent


def list_agents(user: Any, choice: Choice) -> AgentPage:
    """Return a page of the agents `user` may look at, newest first. Retired ones only when asked for."""
    chosen = _choose(user, choice)
    counts = _count_by_state(chosen)
    rows = _in_state(chosen, choice.state)
    total = sum(
        row.count for row in counts if row.state == choice.state or (not choice.state and row.state != "retired")
    )
    wide = lean(rows, without=["instructions"], swarm=["name"]).annotate(name_sorted=Lower("name"))
    page = read_page(wide, order_of(choice.sort, ORDERS), after=choice.after, before=choice.before, size=PAGE)
    proofs = work_reader().prove_agents(page.rows)
    lines = [AgentLine(agent, proofs[agent.pk]) for agent in page.rows]
    return AgentPage(lines, total, page.after, counts, page.before)


def read_agent(user: Any, agent: Agent) -> AgentDetail:
    """Gather what the page of an agent shows. The number of queries is the same for 10 rows and for 1,000."""
    reader = work_reader()
    provider, provider_from = find_provider(agent)
    mail = Message.objects.filter(recipient=agent)
    letters = lean(mail, without=("body", "data"), recipient=["name"])
    found = read_together(
        current=reader.choose_current(agent.pk),
        worked=reader.choose_worked(agent.pk),
        mail=letters.order_by("-pk")[:SHOWN_MAIL],
        unread=mail.filter(status="delivered").order_by().values_list("status").annotate(Count("pk")),
        history=_choose_history(agent),
        memories=Memory.objects.filter(agent=agent).order_by("-updated_at")[:SHOWN_MEMORIES],
        open_items=choose_open_count(user),
    )
    return AgentDetail(
        agent=agent,
        proof=reader.prove_agents([agent])[agent.pk],
        provider=provider,
        provider_from=provider_from,
        current=reader.as_current(found["current"]),
        steps=reader.list_steps(found["worked"]),
        mail=found["mail"],
        unread=sum(n for _, n in found["unread"]),
        history=found["history"],
        memories=found["memories"],
        open_items=as_open_count(found["open_items"]),
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


def _choose_history(agent: Agent) -> QuerySet[Entry]:
    return Entry.objects.filter(object_kind="agent", object_ref=agent.pk).order_by("-pk")[:SHOWN_HISTORY]


def choose_agents(user: Any, choice: Choice) -> QuerySet[Agent]:
    """Return every agent the choice means, whatever its page."""
    return _in_state(_choose(user, choice), choice.state)


def _choose(user: Any, choice: Choice) -> QuerySet[Agent]:
    chosen = visible_to(user, Agent.objects.filter(swarm__archived_at=None))
    if choice.swarm:
        chosen = chosen.filter(swarm=choice.swarm)
    if choice.search:
        chosen = chosen.filter(Q(name__icontains=choice.search) | Q(role__icontains=choice.search))
    return chosen


def _in_state(rows: QuerySet[Agent], state: str) -> QuerySet[Agent]:
    if state == "retired":
        return rows.exclude(retired_at=None)
    serving = rows.filter(retired_at=None)
    return serving.filter(status=state) if state else serving


def _count_by_state(rows: QuerySet[Agent]) -> list[StateCount]:
    states = Case(When(retired_at=None, then=F("status")), default=Value("retired"))
    counted = dict(rows.order_by().values_list(states).annotate(Count("pk")))
    return [StateCount(state, counted[state]) for state in STATES if counted.get(state)]
