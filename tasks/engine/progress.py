"""How far one attempt has come: what it did before is read from its journal, what is new becomes durable before it goes on."""

from collections import deque
from collections.abc import Callable
from datetime import datetime
from typing import Any, Protocol

from django.conf import settings

from agents.llm.errors import LlmError
from agents.llm.types import Connection, LlmAnswer, LlmRequest
from tasks.engine.orders import JournalStep, Order, Released, StepDraft, Write, Written
from victoros.lib import clock
from victoros.lib.errors import Category, LimitReached, VictorError


class Left(BaseException):
    """The attempt left this process (waits, released, or no longer ours); unwinds the program without its noticing."""


class JournalMismatch(VictorError):
    """The program asked for something else than what its journal holds."""

    category = Category.AGENT


class TooManySteps(LimitReached):
    """The attempt has made as many steps as one may."""


class Host(Protocol):
    """What an attempt needs of its cell."""

    async def write(self, write: Write) -> Written: ...

    async def ask(self, connection: Connection, request: LlmRequest, swarm_id: int) -> LlmAnswer:
        """Return the answer; raises `MustWait` when the provider's turn for this question is far away."""

    async def in_thread(self, order: Order, name: str, work: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        """Run the blocking work of the attempt's tool."""

    async def gate(self, attempt_id: int) -> str:
        """Return an empty string to go on, or why the attempt must leave at this step boundary."""


class Progress:
    """The steps of one attempt: those of its journal first, then new ones."""

    def __init__(self, order: Order, host: Host) -> None:
        self.order, self.host = order, host
        self.steps = order.steps
        self.done = sum(step.outcome == "done" for step in order.journal)
        """Steps that came to something: what names an act, since a try that failed must not give it another key."""
        self._past: deque[JournalStep] = deque(order.journal)

    @property
    def waited(self) -> tuple[int | None, datetime | None]:
        """What the attempt waited for and since when, if it is still at the step that made it wait."""
        order = self.order
        return (order.waited_ref, order.waited_since) if self.steps == order.steps else (None, None)

    def skip_failed(self, kind: str) -> int:
        """Pass over failed tries at the head of the journal; returns how many, or raises what the last one ended with."""
        count = 0
        while self._past and self._past[0].outcome == "failed" and self._past[0].kind == kind:
            result = self._past.popleft().result
            count += 1
            if result.get("final"):
                raise _revive_error(result)
        return count

    def replay(self, kind: str, name: str | None = None) -> JournalStep | None:
        """Return the next step of the journal, None when it is at its end; raises `JournalMismatch` if it is another step."""
        if not self._past:
            return None
        past = self._past.popleft()
        if past.kind != kind or (name is not None and past.name != name):
            raise JournalMismatch(
                f"Step {past.n} was {past.kind} {past.name}; now the program asks for {kind} {name or ''}.",
                hint="The program was changed while this attempt was under way. Retry the task to begin anew.",
            )
        return past

    def draft(self, kind: str, name: str, request: dict[str, Any], started: datetime) -> StepDraft:
        """Return the next step, for `commit`."""
        return StepDraft(
            attempt_id=self.order.attempt_id,
            n=self.steps + 1,
            kind=kind,
            name=name[:120],
            request=request,
            started_at=started,
            finished_at=clock.now(),
        )

    async def pass_gate(self) -> None:
        """Wait until a new step may begin; raises `Left` when the attempt has to give way here."""
        if self.steps >= settings.VICTOR_ATTEMPT_STEPS:
            raise TooManySteps(
                f"This attempt has made {self.steps:,} steps without ending.",
                hint="Give a smaller task or clearer instructions, or raise VICTOR_ATTEMPT_STEPS.",
            )
        why = await self.host.gate(self.order.attempt_id)
        if why:
            await self.commit(ending=Released(why))
            raise Left

    async def commit(self, **what: Any) -> Written:
        """Make something durable, the fields of a `Write`; raises `Left` when the attempt is not ours any more, or waits now."""
        write = Write(self.order, self.steps, **what)
        if write.step is not None:
            write.step.finished_at = clock.now()
        written = await self.host.write(write)
        if not written.held or written.waiting:
            raise Left
        if write.step is not None:
            self.steps += 1
            self.done += write.step.outcome == "done"
        return written

    async def observe(self, step: StepDraft, result: dict[str, Any] | None = None, **what: Any) -> dict[str, Any]:
        """Make a step durable and return what came of it: `result`, or what its `perform` brings inside the transaction."""
        if result is not None:
            step.result = result
        return (await self.commit(step=step, **what)).result or {}


def _revive_error(result: dict[str, Any]) -> LlmError:
    kept: dict[str, str] = result["error"]
    error = LlmError(kept["message"], hint=kept["hint"])
    error.category, error.id, error.retryable = Category(kept["category"]), kept["id"], bool(result.get("retryable"))
    return error
