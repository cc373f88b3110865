"""A cell without an event loop: the real claims, runs and commits, driven step by step inside the test's transaction."""

from collections.abc import Callable, Coroutine, Iterable
from dataclasses import dataclass, field
from typing import Any

from agents.llm.errors import LlmError, LlmRejected
from agents.llm.scripted import say
from agents.llm.types import Connection, LlmAnswer, LlmRequest, Turn
from agents.models import Agent, Swarm
from agents.services.agents import create_agent
from audit.actors import Actor
from audit.models import Entry
from tasks.engine.cell import Cell
from tasks.engine.claims import take
from tasks.engine.commit import commit_batch
from tasks.engine.orders import Completed, Order, Write, Written
from tasks.engine.presence import open_cell
from tasks.engine.registry import program
from tasks.engine.run import Run
from tasks.models import Attempt, Task
from tests.agents.factories import OPERATOR, make_provider, make_swarm

Move = Callable[[Run], Coroutine[Any, Any, Any]]
JUDGE = Actor("person", None, "judge")


class ProcessDied(BaseException):
    """Stands for a kill: nothing of the process runs any more."""


@dataclass
class Script:
    """What the test program does, and what the language model says to it. One at a time; every test begins with an empty one."""

    moves: list[Move] = field(default_factory=list)
    answers: list[LlmAnswer | LlmError] = field(default_factory=list)
    asked: list[LlmRequest] = field(default_factory=list)
    seen: list[Any] = field(default_factory=list)


SCRIPT = Script()


@program("test.script")
async def run_script(run: Run) -> Completed:
    """Make the moves in order and remember what each brought."""
    SCRIPT.seen.clear()
    for move in SCRIPT.moves:
        SCRIPT.seen.append(await move(run))
    return Completed("done", {"moves": len(SCRIPT.moves)})


class StillCell(Cell):
    """Answers at once; dies on demand before or after a commit."""

    def __init__(self) -> None:
        super().__init__()
        self.id = open_cell(self.slots, 0)
        self.commits = 0
        self.die_before_commit = self.die_after_commit = 0
        self.reason_to_leave = ""

    async def write(self, write: Write) -> Written:
        self.commits += 1
        if self.commits == self.die_before_commit:
            raise ProcessDied
        written = commit_batch(self.id, [write])[0]
        if self.commits == self.die_after_commit:
            raise ProcessDied
        return written

    async def ask(self, connection: Connection, request: LlmRequest, swarm_id: int) -> LlmAnswer:
        SCRIPT.asked.append(request)
        answer = SCRIPT.answers.pop(0) if SCRIPT.answers else say("ok")
        if isinstance(answer, LlmError):
            raise answer
        return answer

    async def in_thread(self, order: Order, name: str, work: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        return work()

    async def gate(self, attempt_id: int) -> str:
        return self.reason_to_leave

    def take(self, limit: int = 100) -> list[Order]:
        """Claim what there is."""
        return take(self.id, limit).orders

    def drive(self, order: Order) -> None:
        """Drive one attempt until it leaves the cell."""
        finish_now(self._drive(order))

    def work(self, limit: int = 100) -> int:
        """Take and drive until there is nothing left; returns how many attempts were driven."""
        driven = 0
        while orders := self.take(limit):
            for order in orders:
                self.drive(order)
            driven += len(orders)
        return driven


def finish_now(coroutine: Coroutine[Any, Any, Any]) -> Any:
    """Run a coroutine that never really waits."""
    try:
        while True:
            coroutine.send(None)
    except StopIteration as end:
        return end.value


def script(*moves: Move, answers: Iterable[LlmAnswer | LlmError] = ()) -> Script:
    """Set what the program does next."""
    SCRIPT.moves, SCRIPT.answers = list(moves), list(answers)
    SCRIPT.asked.clear()
    SCRIPT.seen.clear()
    return SCRIPT


def fail_task(task: Task) -> None:
    """Let the task, the only one that is ready, fail: the model refuses."""
    script(think, answers=[LlmRejected("no")])
    StillCell().work()
    assert status_of(task) == "failed"


def think(run: Run) -> Coroutine[Any, Any, LlmAnswer]:
    """Ask the model."""
    return run.think(LlmRequest(system="", turns=(Turn("user", "Go on."),)))


def act(name: str, /, **arguments: Any) -> Move:
    """Use a tool."""
    return lambda run: run.act(name, arguments)


def make_worker(swarm: Swarm | None = None, name: str = "worker", **fields: Any) -> Agent:
    """Make an agent that runs the script, with a provider of its own."""
    given = {"program": "test.script", "provider": fields.pop("provider", None) or make_provider(), **fields}
    return create_agent(actor=OPERATOR, swarm=swarm or make_swarm(), name=name, **given)


def live_attempt(task: Task) -> Attempt:
    """Return the task's newest attempt."""
    return task.attempts.order_by("-n")[0]


def status_of(row: Task | Attempt | Agent) -> str:
    """Return the status as the database has it."""
    row.refresh_from_db()
    return str(row.status)


def kinds_about(task: Task) -> list[str]:
    """Return the kinds of audit entries about a task, oldest first."""
    return list(
        Entry.objects.filter(object_kind="task", object_ref=task.pk).order_by("id").values_list("kind", flat=True)
    )
