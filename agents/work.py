"""What the pages of agents need of work, which lives in the app above.

It answers through the modules that `settings.VICTOR_WORK` and `settings.VICTOR_CATALOG` name.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib import import_module
from typing import Any, Protocol, cast

from django.conf import settings

from agents.models import Agent, Swarm


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


class WorkReader(Protocol):
    """What `settings.VICTOR_WORK` names: a module with these functions. None of them costs more queries for more rows."""

    def prove_agents(self, agents: Sequence[Agent]) -> dict[int, Proof]:
        """Return the three facts of each agent by its id."""
        ...

    def list_current(self, agent_id: int, limit: int = 10) -> list[CurrentWork]:
        """Return unfinished attempts, running ones first."""
        ...

    def list_steps(self, agent_id: int, limit: int = 10) -> list[FinishedStep]:
        """Return the newest finished steps."""
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
