"""Swarms as lists and pages need them. The number of queries does not grow with the rows."""

from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Q, QuerySet, Sum
from django.urls import reverse
from django.utils.translation import gettext as _

from agents.models import Agent, Message, Provider, Swarm, Workspace
from agents.permissions import ADMINISTER, OPERATE, may, scope_of_user, visible_to
from agents.selectors.choices import PAGE, Choice
from agents.work import BudgetUse, Proof, Trends, work_reader
from audit.models import AttentionItem
from victoros.lib.errors import NotFound
from victoros.lib.figures import say_money
from victoros.lib.paging import Order, read_page
from victoros.lib.wording import say_many

STATES = ("running", "paused", "stopped")
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
SHOWN_AGENTS = 30
"""More would make the page heavy for a browser; the list of agents has them all."""
SHOWN_MAIL = 8
SHOWN_ITEMS = 6
SHOWN_SPENDERS = 6


@dataclass(frozen=True)
class SwarmLine:
    """One swarm in the list."""

    swarm: Swarm
    agents: int
    busy: int
    tasks: dict[str, int]
    waits_for_person: int

    @property
    def open_tasks(self) -> int:
        """How many tasks are neither done nor given up."""
        return sum(self.tasks.get(state, 0) for state in ("backlog", "ready", "in_progress", "blocked"))

    @property
    def all_tasks(self) -> int:
        """How many tasks there are in any state."""
        return sum(self.tasks.values())


@dataclass(frozen=True)
class SwarmPage:
    """One page of the list."""

    rows: list[SwarmLine]
    total: int
    next: str
    previous: str = ""


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


def find_swarm(user: Any, pk: int) -> Swarm:
    """Return a swarm `user` may look at; raise `NotFound` to anybody else."""
    rows = Swarm.objects.select_related("workspace", "provider")
    swarm = visible_to(user, rows, "pk").filter(pk=pk).first()
    if swarm is None:
        raise NotFound(
            _("There is no swarm %(pk)s, or you may not see it.") % {"pk": pk}, hint=_("Look at the list of swarms.")
        )
    return swarm


def list_swarms(user: Any, choice: Choice) -> SwarmPage:
    """Return a page of the swarms `user` may look at, newest first. Five queries beside the rights."""
    chosen = visible_to(user, Swarm.objects.filter(archived_at=None).select_related("workspace"), "pk")
    if choice.state:
        chosen = chosen.filter(desired_state=choice.state)
    if choice.search:
        chosen = chosen.filter(name__icontains=choice.search)
    page = read_page(chosen, Order(), after=choice.after, before=choice.before, size=PAGE)
    return SwarmPage(_as_lines(page.rows), chosen.count(), page.after, page.before)


def list_choosable_swarms(user: Any, action: str = "view", most: int = 200) -> list[Swarm]:
    """Return swarms by name for a list to choose from."""
    rows = Swarm.objects.filter(archived_at=None).select_related("workspace").order_by("name")
    return list(visible_to(user, rows, "pk", action)[:most])


def list_workspaces(user: Any, action: str = ADMINISTER) -> QuerySet[Workspace]:
    """Return the workspaces on which `user` has `action`."""
    rows = Workspace.objects.filter(archived_at=None).order_by("name")
    scope = scope_of_user(user, action)
    return rows if scope.everything else rows.filter(pk__in=scope.workspace_ids)


def read_state(user: Any, swarm: Swarm) -> SwarmState:
    """Read how a swarm stands. The number of queries is the same for 10 rows and for 1,000, here and below."""
    counts = work_reader().count_tasks([swarm.pk]).get(swarm.pk, {})
    items = AttentionItem.objects.filter(swarm_ref=swarm.pk, status="open")
    return SwarmState(
        tasks=[StateCount(state, counts.get(state, 0)) for state in TASK_STATES],
        items=list(items.order_by("-severity", "pk")[:SHOWN_ITEMS]),
        item_total=items.count(),
        unfinished=_in_service(swarm).filter(status__in=["busy", "shutting_down"], active__gt=0).count(),
        may_operate=may(user, OPERATE, swarm),
        may_administer=may(user, ADMINISTER, swarm),
    )


def read_crew(user: Any, swarm: Swarm) -> SwarmCrew:
    """Read the agents of a swarm with the facts about each."""
    agents = list(_in_service(swarm).defer("instructions").order_by("-active", "-waiting", "name")[:SHOWN_AGENTS])
    proofs = work_reader().prove_agents(agents)
    return SwarmCrew(
        rows=[AgentLine(agent, proofs[agent.pk]) for agent in agents],
        total=_in_service(swarm).count(),
        may_administer=may(user, ADMINISTER, swarm),
    )


def read_side(user: Any, swarm: Swarm) -> SwarmSide:
    """Read the newest mail and the provider of a swarm."""
    mail = Message.objects.filter(swarm=swarm)
    return SwarmSide(
        mail=list(mail.select_related("recipient", "sender_agent").defer("body", "data").order_by("-pk")[:SHOWN_MAIL]),
        provider=swarm.provider or Provider.objects.filter(is_default=True).first(),
        may_operate=may(user, OPERATE, swarm),
        may_workspace=_administers(user, swarm.workspace_id),
    )


def _administers(user: Any, workspace_id: int) -> bool:
    """Tell whether `user` administers the workspace itself, from the rights that the page has read."""
    scope = scope_of_user(user, ADMINISTER)
    return scope.everything or workspace_id in scope.workspace_ids


def read_spend(user: Any, swarm: Swarm) -> SwarmSpend:
    """Read what a swarm spent, who of it spent most, and its last hour."""
    agents = Agent.objects.filter(swarm=swarm).order_by()
    nanos, tokens = agents.aggregate(nanos=Sum("cost_nanos"), tokens=Sum("token_count")).values()
    by = "cost_nanos" if nanos else "token_count"
    first = agents.filter(**{f"{by}__gt": 0}).order_by(f"-{by}").only("name", by)[:SHOWN_SPENDERS]
    spenders = [Spender(agent.name, getattr(agent, by), bool(nanos), agent.pk) for agent in first]
    trends, budget = work_reader().read_trends(user, swarm.pk), work_reader().read_budget(swarm)
    scope = scope_of_user(user, ADMINISTER)
    may_administer = scope.everything or swarm.pk in scope.swarm_ids
    return SwarmSpend(nanos or 0, tokens or 0, spenders, trends, budget, may_administer)


def _in_service(swarm: Swarm) -> QuerySet[Agent]:
    return Agent.objects.filter(swarm=swarm, retired_at=None)


def _as_lines(swarms: list[Swarm]) -> list[SwarmLine]:
    ids = [swarm.pk for swarm in swarms]
    serving = Agent.objects.filter(swarm__in=ids, retired_at=None).order_by().values_list("swarm")
    agents = {
        pk: (total, busy)
        for pk, total, busy in serving.annotate(Count("pk"), busy=Count("pk", filter=Q(status="busy")))
    }
    items = AttentionItem.objects.filter(swarm_ref__in=ids, status="open").order_by().values_list("swarm_ref")
    waiting = dict(items.annotate(Count("pk")))
    tasks = work_reader().count_tasks(ids)
    return [
        SwarmLine(
            swarm=swarm,
            agents=agents.get(swarm.pk, (0, 0))[0],
            busy=agents.get(swarm.pk, (0, 0))[1],
            tasks=tasks.get(swarm.pk, {}),
            waits_for_person=waiting.get(swarm.pk, 0),
        )
        for swarm in swarms
    ]
