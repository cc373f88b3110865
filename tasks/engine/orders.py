"""What passes between a cell and the database: orders to work on, and writes of what was done. Plain data."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from agents.llm.types import Connection
from audit.actors import Actor
from tasks.models import Effect
from victoros.lib.errors import VictorError


@dataclass(frozen=True)
class AgentFacts:
    """Who does the work."""

    id: int
    name: str
    role: str
    instructions: str
    program: str
    tools: list[str]
    connection: Connection | VictorError | None
    """None when neither the agent nor its swarm has a provider and there is no default; an error says why it is unusable."""
    timeout_s: float = 60.0


@dataclass(frozen=True)
class TaskFacts:
    """What is to be done."""

    id: int
    title: str
    text: str
    kind: str
    data: dict[str, Any]
    acceptance: list[dict[str, Any]]
    parent_id: int | None
    verifies_id: int | None
    verify_need: str
    reason: str
    """Why the last result was refuted; empty for none."""
    attempt_count: int
    max_attempts: int


@dataclass(frozen=True)
class SwarmFacts:
    """Where it is done."""

    id: int
    name: str
    policy: dict[str, str]
    input_folder: str


@dataclass(frozen=True)
class ApprovalFacts:
    """What a person decided about one act."""

    id: int
    status: str
    note: str
    edited: dict[str, Any] | None = None
    """The arguments a person put in the place of those asked for."""
    by: str = ""


@dataclass(frozen=True)
class EffectFacts:
    """How far an act on the outside has come."""

    key: str
    status: str
    result: dict[str, Any]


@dataclass(frozen=True)
class JournalStep:
    """A finished step, read back."""

    n: int
    kind: str
    name: str
    outcome: str
    result: dict[str, Any]


@dataclass(frozen=True)
class Order:
    """One attempt this cell holds, with all it needs to begin or go on."""

    attempt_id: int
    n: int
    fence: int
    steps: int
    deaths: int
    is_suspect: bool
    task: TaskFacts
    agent: AgentFacts
    swarm: SwarmFacts
    waited_ref: int | None = None
    """What the attempt waited for before this cell took it."""
    waited_since: datetime | None = None
    journal: tuple[JournalStep, ...] = ()
    approvals: dict[str, ApprovalFacts] = field(default_factory=dict)
    """By digest of the act."""
    effects: dict[str, EffectFacts] = field(default_factory=dict)
    """By key."""

    @property
    def actor(self) -> Actor:
        """The agent, as the audit log names it."""
        return Actor("agent", self.agent.id, self.agent.name)


@dataclass(frozen=True)
class Completed:
    """The doer says that the task is done."""

    result: str
    evidence: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Failed:
    """The attempt is over without a result."""

    category: str
    message: str
    error_id: str
    retryable: bool


@dataclass(frozen=True)
class Waiting:
    """The attempt becomes a row until something happens."""

    waiting_for: str
    ref: int | None = None
    wake_at: datetime | None = None
    since: datetime | None = None
    """When the waiting began, if it goes on; None means now."""
    why: str = ""
    """What the board shows as the reason."""


@dataclass(frozen=True)
class Released:
    """The attempt goes back to ready at a step boundary: pause, drain, or nobody drives it."""

    why: str


Ending = Completed | Failed | Waiting | Released
Perform = Callable[[], "dict[str, Any] | Waiting"]


@dataclass(slots=True)
class StepDraft:
    """A step to be written: the fields of `tasks.models.Step`, without the price of a model for each."""

    attempt_id: int
    n: int
    kind: str
    name: str
    request: dict[str, Any]
    started_at: datetime
    finished_at: datetime
    outcome: str = "done"
    result: dict[str, Any] = field(default_factory=dict)
    tokens_in: int = 0
    tokens_out: int = 0
    cost_nanos: int = 0


@dataclass
class Write:
    """One thing to be made durable for one attempt; at most one per attempt is under way."""

    order: Order
    before: int
    """Steps finished before this write: a write that was already committed is recognised by it."""
    step: StepDraft | None = None
    perform: Perform | None = None
    """Runs inside the transaction; what it returns becomes the step's result, a `Waiting` suspends instead."""
    intent: Effect | None = None
    settle: tuple[str, str, dict[str, Any]] | None = None
    """Key, status and result of an effect that is over."""
    ending: Ending | None = None


@dataclass(frozen=True)
class Written:
    """What became of a write: `held` is False when the attempt was no longer ours and nothing was written."""

    held: bool
    result: dict[str, Any] | None = None
    waiting: bool = False
    """`perform` chose to wait."""


class CellDeclaredDead(BaseException):
    """Our lease is gone: whatever we still hold belongs to others. Nothing may be written any more."""
