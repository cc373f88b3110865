"""All that one fault run works with: servers it owns, a swarm, real processes, and the records kept outside the database.

Made after Django was loaded for the run's own database; `victoros.ops.chaos.run` does both in order.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from agents.models import Agent, Swarm, Workspace
from agents.services.agents import create_agent
from agents.services.providers import add_provider
from agents.services.swarms import create_swarm
from audit.actors import SYSTEM
from tasks.models import Attempt, Cell, Task
from tasks.services.drafts import TaskDraft
from tasks.services.making import create_tasks
from victoros.ops.chaos import programs
from victoros.ops.chaos.plan import Plan
from victoros.ops.chaos.processes import Crew, await_true, fetch_json, running_web, start_crew
from victoros.ops.chaos.record import Record
from victoros.ops.chaos.small_disk import SmallDisk
from victoros.ops.postgres import PostgresServer
from victoros.ops.valkey import ValkeyServer

ACCEPTED, FAULTS = "accepted.jsonl", "faults.jsonl"
AT_ONCE = 200
"""Attempts of the one agent at a time; a run may change it."""
ENDED = ("completed", "verified", "failed", "cancelled", "quarantined")


class World:
    """One run's world. `plan.random` is the only source of chance."""

    def __init__(
        self,
        plan: Plan,
        home: Path,
        database_url: str,
        valkey: ValkeyServer,
        postgres: PostgresServer | None,
        outside: str,
    ) -> None:
        self.plan, self.home, self.database_url = plan, home, database_url
        self.valkey, self.postgres, self.outside_url = valkey, postgres, outside
        self._accepted, self._faults = Record(home / ACCEPTED), Record(home / FAULTS)
        self.disk: SmallDisk | None = None
        """The database's own disk, in the run that fills it up."""
        self.expected: dict[int, tuple[str, ...]] = {}
        """How tasks may end, by id, where that is not `completed`."""
        self.began = time.monotonic()
        self.swarm, self.agent = self._make_swarm("Chaos")

    @property
    def redis_url(self) -> str:
        """Where Valkey is."""
        return self.valkey.url

    @property
    def time_is_up(self) -> bool:
        """Whether the run has gone on for the minutes it was given."""
        return self.plan.minutes is not None and time.monotonic() - self.began > self.plan.minutes * 60

    def _make_swarm(self, name: str) -> tuple[Swarm, Agent]:
        workspace, _ = Workspace.objects.get_or_create(name="Chaos")
        url = f"{self.outside_url}/v1"
        provider = add_provider(
            actor=SYSTEM, name="outside", kind="openai", base_url=url, model="chaos", key="any", max_concurrent=1000
        )
        swarm = create_swarm(actor=SYSTEM, workspace=workspace, name=name, provider=provider)
        agent = create_agent(
            actor=SYSTEM, swarm=swarm, name="worker", program="chaos.steps", tools=["chaos_post"], max_active=AT_ONCE
        )
        return swarm, agent

    # --- work ----------------------------------------------------------------------------------------------------------

    def give(self, number: int, steps: int, priority: int = 0, **data: Any) -> list[int]:
        """Create tasks of so many steps and write down that they were accepted; returns their ids."""
        drafts = [TaskDraft(f"Task {n}", data={"steps": steps, **data}, priority=priority) for n in range(number)]
        tasks = create_tasks(actor=SYSTEM, swarm=self.swarm, drafts=drafts)
        for task in tasks:
            self.accept(task.pk, steps)
        return [task.pk for task in tasks]

    def accept(self, task: int, steps: int) -> None:
        """Write down that a task was accepted: from now on it may not be lost."""
        self._accepted.add(task=task, steps=steps)

    def allow(self, tasks: list[int], *statuses: str) -> None:
        """Say how these tasks may end, where that is not `completed`."""
        self.expected |= dict.fromkeys(tasks, statuses)

    def await_settled(self, tasks: list[int], timeout_s: float) -> bool:
        """Wait until all have ended; False when they have not in time: the checker will say which."""
        deadline = time.monotonic() + timeout_s
        ids = set(tasks)
        while time.monotonic() < deadline:
            open_ones = Task.objects.filter(swarm=self.swarm).exclude(status__in=ENDED).values_list("pk", flat=True)
            if not ids.intersection(open_ones):
                return True
            time.sleep(0.1)
        return False

    # --- processes -----------------------------------------------------------------------------------------------------

    @contextmanager
    def crew(self, cells: int = 2, name: str = "crew", **environment: str) -> Iterator[Crew]:
        """Run workers and scheduler until the block ends; yields once every worker has a cell."""
        before = living_cells().count()
        crew = start_crew(self.home / name, cells, {programs.OUTSIDE_URL: self.outside_url, **environment})
        try:
            await_true(lambda: living_cells().count() >= before + cells, 60, "the cells did not start")
            yield crew
        finally:
            crew.stop()

    @contextmanager
    def web(self, **environment: str) -> Iterator[str]:
        """Run the web process until the block ends; yields its URL."""
        with running_web(self.home, environment) as url:
            yield url

    def steer_outside(self, **control: Any) -> None:
        """Change how the outside behaves: `latency_s`, `loses_answers`."""
        fetch_json(f"{self.outside_url}/control", control)

    # --- records -------------------------------------------------------------------------------------------------------

    def note(self, event: str, **facts: Any) -> float:
        """Write down what is done to the system; returns when, in seconds since 1970."""
        return self._faults.add(event=event, **facts)


def living_cells() -> Any:
    """Return the rows of the cells that work."""
    return Cell.objects.filter(status="alive")


def held_by(cell: Cell) -> list[int]:
    """Return the ids of the attempts that a cell drives, as the database says now."""
    return list(Attempt.objects.filter(cell=cell.pk, status="running").values_list("pk", flat=True))
