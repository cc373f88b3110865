"""What the pages of agents need of work, which lives in the app above.

It answers through the modules that `settings.VICTOR_WORK` and `settings.VICTOR_CATALOG` name.
"""

from calendar import monthrange
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from importlib import import_module
from typing import Any, Protocol, cast

from django.conf import settings
from django.db.models import QuerySet

from agents.models import Agent, Swarm

SPAN_DAYS = 7
"""What a budget's pace is reckoned from, today included."""


@dataclass(frozen=True)
class ProofFact:
    """One of the three facts about an agent: `state` is yes, late, no or unknown."""

    name: str
    state: str
    source: str
    """Where it comes from, as a half sentence."""
    at: datetime | None = None
    """When that was last seen; None when it never was."""


@dataclass(frozen=True)
class Proof:
    """The three facts: a lease is held, steps are finished, results were verified by somebody else."""

    alive: ProofFact
    advancing: ProofFact
    right: ProofFact

    def __iter__(self) -> Iterator[ProofFact]:
        return iter((self.alive, self.advancing, self.right))


@dataclass(frozen=True)
class CurrentWork:
    """One unfinished attempt."""

    task_ref: int
    title: str
    status: str
    since: datetime
    """When it became ready, or began to wait."""
    waits_for: str
    """In words; empty when it does not wait."""
    steps: int
    last_step_at: datetime | None
    stop: str = ""
    """Of one that was stopped: what is known of its end, in words."""
    has_stopped: bool = True

    @property
    def next_step(self) -> int:
        """The number of the step that is being made."""
        return self.steps + 1

    @property
    def step_since(self) -> datetime:
        """When that step began: with the end of the one before."""
        return max(self.last_step_at, self.since) if self.last_step_at else self.since


@dataclass(frozen=True)
class FinishedStep:
    """One step of the journal."""

    ref: int
    task_ref: int
    title: str
    """Of the task."""
    n: int
    kind: str
    name: str
    outcome: str
    finished_at: datetime
    took_s: float
    tokens: int
    cost_nanos: int


@dataclass(frozen=True)
class Trends:
    """The full minutes of the last hour, oldest first; of a minute without a call the latency is unknown (None)."""

    begins_at: datetime
    steps: list[int]
    latencies_s: list[float | None]
    """What a call of a language model took on average."""
    errors: list[int]
    """Failed steps and failed attempts."""
    done: list[int]
    nanos: list[int]
    slowest_s: float | None
    lately_s: float | None
    """What a call took on average in the last ten minutes."""
    counted_at: datetime | None
    """Until when the journal has been counted; None when nothing happened in the hour."""

    @property
    def steps_now(self) -> int:
        """Steps in the last full minute."""
        return self.steps[-1]

    @property
    def all_steps(self) -> int:
        """Steps in the hour."""
        return sum(self.steps)

    @property
    def all_errors(self) -> int:
        """Errors in the hour."""
        return sum(self.errors)

    @property
    def all_done(self) -> int:
        """Attempts completed in the hour."""
        return sum(self.done)

    @property
    def most_steps(self) -> int:
        """Steps of the busiest minute."""
        return max(self.steps)

    @property
    def all_nanos(self) -> int:
        """What the hour cost."""
        return sum(self.nanos)


@dataclass(frozen=True)
class BudgetUse:
    """How what a swarm spent in this calendar month stands against its budget. Money in billionths of a US dollar."""

    swarm_id: int
    name: str
    """Of the swarm."""
    budget: int
    spent: int
    week: int
    """What the last seven days cost, today included; they may begin in the month before."""
    today: date

    @property
    def is_met(self) -> bool:
        """Whether it is used up."""
        return self.spent >= self.budget

    @property
    def used_up_on(self) -> date | None:
        """The day on which it will be used up at the pace of the last seven days; None: not in this month, or already."""
        if self.is_met or not self.week:
            return None
        days = -(-(self.budget - self.spent) * SPAN_DAYS // self.week)
        left = monthrange(self.today.year, self.today.month)[1] - self.today.day
        return self.today + timedelta(days=days) if days <= left else None


class WorkReader(Protocol):
    """What `settings.VICTOR_WORK` names: a module with these functions. None of them costs more queries for more rows."""

    def prove_agents(self, agents: Sequence[Agent]) -> dict[int, Proof]:
        """Return the three facts of each agent by its id."""
        ...

    def choose_current(self, agent_id: int) -> "QuerySet[Any, Any]":
        """Return the question for the unfinished attempts of an agent."""
        ...

    def as_current(self, rows: Iterable[Any]) -> list[CurrentWork]:
        """Return what `choose_current` found, running ones first."""
        ...

    def choose_worked(self, agent_id: int) -> "QuerySet[Any, Any]":
        """Return the question for the attempts whose steps `list_steps` is to look at."""
        ...

    def list_steps(self, attempt_ids: Sequence[int], limit: int = 10) -> list[FinishedStep]:
        """Return the newest finished steps of some attempts."""
        ...

    def choose_trends(self, swarm_id: int) -> "QuerySet[Any, Any]":
        """Return the question for the last hour of one swarm, whose right to look at was asked before."""
        ...

    def as_trends(self, rows: Iterable[dict[str, Any]]) -> Trends:
        """Return what `choose_trends` found."""
        ...

    def read_budget(self, swarm: Swarm) -> BudgetUse | None:
        """Return how a swarm stands against its budget; None: it has none."""
        ...

    def choose_counts(self, swarm_ids: Iterable[int]) -> "QuerySet[Any, Any]":
        """Return the question for how many tasks of each swarm stand in each state."""
        ...

    def as_counts(self, rows: Iterable[tuple[int, str, int]]) -> dict[int, dict[str, int]]:
        """Return what `choose_counts` found, as `count_tasks` does."""
        ...

    def count_tasks(self, swarm_ids: Iterable[int]) -> dict[int, dict[str, int]]:
        """Return how many tasks of each swarm stand in each state that has any."""
        ...


def work_reader() -> WorkReader:
    """Return the reader of the app above."""
    return cast(WorkReader, import_module(settings.VICTOR_WORK))


class TemplateLine(Protocol):
    """A template as a form offers it."""

    name: str
    title: str
    description: str


class Catalog(Protocol):
    """What `settings.VICTOR_CATALOG` names: a module with these functions."""

    def list_templates(self) -> Sequence[TemplateLine]:
        """Return the templates a swarm can be made from."""
        ...

    def create_from_template(self, **given: Any) -> Swarm:
        """Make a swarm with its agents and first tasks; see `tasks.catalog`."""
        ...


def catalog() -> Catalog:
    """Return the catalog of the app above."""
    return cast(Catalog, import_module(settings.VICTOR_CATALOG))
