"""A swarm whose every request, step and effect can be counted, and a crew of real processes to kill."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

import psutil
import pytest
from django.conf import settings
from django.db.models import QuerySet
from pytest_django import Settings

import tests.faults.playground  # noqa: F401  (registers the programs for this process too)
from agents.models import Agent, Swarm
from agents.services.agents import create_agent
from agents.services.providers import add_provider
from tasks.models import Attempt, Cell, Step, Task
from tasks.services.drafts import TaskDraft
from tasks.services.making import create_tasks
from tests.agents.factories import OPERATOR, make_swarm
from tests.faults.playground import read_outside
from tests.running import ROOT, wait_until
from tests.standins.llm_server import LlmStandIn
from victoros.ops.crew import FACTS
from victoros.ops.processes import end_with_parent

QUICK = {"VICTOR_RECONCILE_S": "0.3", "VICTOR_LOOK_S": "0.3"}


@dataclass
class Crew:
    """The supervisor of real workers, and what can be done to them."""

    home: Path
    process: subprocess.Popen[bytes]

    def pid_of(self, name: str) -> int:
        """Return the pid of one of its processes; 0 while there is none."""
        try:
            return int(json.loads((self.home / FACTS).read_text()).get(name, 0))
        except FileNotFoundError:
            return 0

    def stop(self, timeout_s: float = 15) -> None:
        """End in order, as Ctrl-C does."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(timeout_s)


@dataclass
class Playing:
    """A swarm under test with its model server."""

    swarm: Swarm
    agent: Agent
    server: LlmStandIn
    home: Path
    crews: list[Crew] = field(default_factory=list)

    def give(self, number: int, steps: int, **data: object) -> list[Task]:
        """Create tasks of so many steps."""
        drafts = [TaskDraft(f"Task {n}", data={"steps": steps, **data}) for n in range(number)]
        return create_tasks(actor=OPERATOR, swarm=self.swarm, drafts=drafts)

    @contextmanager
    def crew(self, cells: int = 2, **environment: str) -> Iterator[Crew]:
        """Run workers and scheduler until the block ends; yields once every worker has a cell."""
        crew = Crew(self.home, self._start(cells, environment))
        try:
            wait_until(lambda: living_cells().count() == cells, 30)
            yield crew
        finally:
            crew.stop()

    def _start(self, cells: int, environment: dict[str, str]) -> subprocess.Popen[bytes]:
        given = {
            **os.environ,
            **QUICK,
            "VICTOR_HOME": str(self.home),
            "VICTOR_DATABASE_URL": database_url(),
            **environment,
        }
        command = [sys.executable, "-m", "victoros.ops.crew", "--cells", str(cells), "--tick", "0.1"]
        with open(self.home / "crew.log", "ab") as log:
            return subprocess.Popen(
                [*command, "--import", "tests.faults.playground"],
                cwd=ROOT,
                env=given,
                stdout=log,
                stderr=log,
                preexec_fn=end_with_parent(signal.SIGTERM),
            )

    def asked(self) -> dict[str, list[float]]:
        """Return when each question (`task:n`) was asked."""
        times: dict[str, list[float]] = {}
        for request in list(self.server.requests):
            times.setdefault(request.body["messages"][-1]["content"], []).append(request.at)
        return times

    def check_nothing_lost_or_doubled(self, tasks: list[Task]) -> None:
        """Every task done, every step once and in order, nothing asked again once it was finished, every act once."""
        steps = tasks[0].data["steps"]
        finished = {}
        for attempt in Attempt.objects.filter(task__in=tasks, status="completed"):
            journal = list(Step.objects.filter(attempt=attempt).order_by("n"))
            assert [step.n for step in journal] == list(range(1, attempt.steps + 1))
            done = [step for step in journal if step.outcome == "done"]
            assert [step.kind for step in done] == ["think", "act"] * steps
            for n, step in enumerate(step for step in done if step.kind == "think"):
                finished[f"{attempt.task_id}:{n}"] = step.finished_at.timestamp()
        assert len(finished) == len(tasks) * steps
        asked_again = [key for key, times in self.asked().items() if max(times) > finished[key]]
        assert asked_again == []
        outside = read_outside(Swarm(pk=self.swarm.pk).folder)
        assert len(outside) == len(tasks) * steps
        assert [keys for keys in outside.values() if len(keys) != 1] == []


def living_cells() -> QuerySet[Cell]:
    """Return the cells that work."""
    return Cell.objects.filter(status="alive")


def all_are(tasks: list[Task], *statuses: str) -> Callable[[], bool]:
    """Return a question: are all of them in one of these states?"""
    ids = [task.pk for task in tasks]
    return lambda: Task.objects.filter(pk__in=ids, status__in=statuses).count() == len(ids)


def busy_cells(at_least: int = 1) -> list[Cell]:
    """Return the living cells that drive at least so many attempts and whose process lives."""
    cells = list(Cell.objects.filter(status="alive"))
    return [c for c in cells if c.attempts.filter(status="running").count() >= at_least and psutil.pid_exists(c.pid)]


def database_url() -> str:
    """Return the address of this test process's database, for other processes."""
    given = settings.DATABASES["default"]
    if given["ENGINE"].endswith("sqlite3"):
        return f"sqlite:///{given['NAME']}"
    account = f"{given['USER']}:{quote(given['PASSWORD'])}@{given['HOST']}:{given['PORT']}"
    return f"postgres://{account}/{given['NAME']}"


@pytest.fixture
def playing(transactional_db: None, tmp_path: Path, settings: Settings) -> Iterator[Playing]:
    """A swarm with one agent that works on many tasks at once, and a model that answers after 200 ms."""
    settings.VICTOR_HOME = tmp_path
    with LlmStandIn(latency_s=0.2) as server:
        swarm = make_swarm()
        provider = add_provider(
            actor=OPERATOR,
            name="stand-in",
            kind="openai",
            base_url=server.openai_url,
            model="stand-in",
            key="any",
            max_concurrent=1000,
        )
        agent = create_agent(
            actor=OPERATOR,
            swarm=swarm,
            name="worker",
            provider=provider,
            program="fault.steps",
            tools=["fault_post"],
            max_active=200,
        )
        yield Playing(swarm, agent, server, tmp_path)
