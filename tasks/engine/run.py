"""One attempt as its program sees it: durable thinking, acting and waiting.

What was finished before is read from the journal; what is new is committed before the program sees it. A program may be
run any number of times from its first line: it must ask the same things in the same order.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Protocol

from django.utils import timezone

from agents.llm.errors import LlmError
from agents.llm.schemas import find_fault
from agents.llm.types import Connection, LlmAnswer, LlmRequest
from agents.models import Swarm
from agents.tools.policy import ASK, REFUSE, decide, digest_act, effect_key
from agents.tools.registry import EffectClass, Tool, ToolContext, find_tool
from tasks.engine.journal import answer_from_json, answer_to_json, nanos_of, request_to_json
from tasks.engine.orders import (
    Completed,
    Failed,
    JournalStep,
    Order,
    Perform,
    Released,
    StepDraft,
    Waiting,
    Write,
    Written,
)
from tasks.engine.waits import ask_for_approval, ask_person, await_mail, await_task, report_uncertain
from tasks.models import Effect
from victoros.lib.errors import Category, InvalidInput, VictorError

MAX_TRIES = 4
"""Model calls for one think step, the first included."""
BACKOFF_S = (1.0, 4.0, 15.0)
RETRY_TEMPERATURE = 0.3
LONGEST_PAUSE_S = 20.0
"""A longer pause is spent as a row, not as a coroutine."""


class Left(BaseException):
    """The attempt left this process (waits, released, or no longer ours); unwinds the program without its noticing."""


class JournalMismatch(VictorError):
    """The program asked for something else than what its journal holds."""

    category = Category.AGENT


class NoProvider(VictorError):
    """The agent has no language model to ask."""

    category = Category.CONFIGURATION


class Host(Protocol):
    """What a run needs of its cell."""

    async def write(self, write: Write) -> Written: ...

    async def ask(self, connection: Connection, request: LlmRequest) -> LlmAnswer: ...

    async def in_thread(self, work: Callable[[], dict[str, Any]]) -> dict[str, Any]: ...

    async def gate(self, attempt_id: int) -> str:
        """Return an empty string to go on, or why the attempt must leave at this step boundary."""


class Run:
    """The durable steps of one attempt. `task`, `agent` and `swarm` are facts as of the claim."""

    def __init__(self, order: Order, host: Host) -> None:
        self.order = order
        self.task, self.agent, self.swarm = order.task, order.agent, order.swarm
        self._host = host
        self._steps = order.steps
        self._past: deque[JournalStep] = deque(order.journal)
        self._effects = dict(order.effects)

    async def think(self, request: LlmRequest, *, as_sent: dict[str, Any] | None = None) -> LlmAnswer:
        """Ask the agent's language model; bounded retries, each failed try is a step of its own.

        `as_sent` replaces the request in the journal where a shorter form tells the same. Raises `LlmError` for good.
        """
        tries = self._skip_failed()
        past = self._replay("think", None)
        if past is not None:
            return answer_from_json(past.result)
        sent = as_sent or request_to_json(request)
        while True:
            await self._pass_gate()
            started = timezone.now()
            try:
                answer = await self._ask(_varied(request, tries))
            except LlmError as error:
                tries += 1
                final = not error.retryable or tries >= MAX_TRIES
                await self._note_failure(error, sent, started, final=final)
                if final:
                    raise
                await self._rest(error, tries)
                continue
            step = self._step("think", answer.model, sent, started)
            step.result = answer_to_json(answer)
            step.tokens_in, step.tokens_out, step.cost_nanos = (
                answer.tokens_in,
                answer.tokens_out,
                nanos_of(answer.cost),
            )
            await self._commit(Write(self.order, self._steps, step=step))
            return answer

    async def act(self, name: str, arguments: dict[str, Any], *, why: str = "") -> dict[str, Any]:
        """Use a tool and return what the agent observes; refusals and errors come back as `{"error": {...}}`."""
        past = self._replay("act", name)
        if past is not None:
            return past.result
        await self._pass_gate()
        step = self._step("act", name, {"arguments": arguments, **({"why": why} if why else {})}, timezone.now())
        try:
            tool = self._check_tool(name, arguments)
        except VictorError as error:
            return await self._observe(step, {"error": error.as_dict()})
        refusal = await self._clear(tool, arguments, step, why)
        if refusal:
            return await self._observe(step, {"error": refusal})
        if tool.inside:
            return await self._observe(
                step, perform=lambda: tool.run(self._context(step.n, tool, arguments), arguments)
            )
        return await self._act_outside(tool, arguments, step)

    async def wait_for_task(self, task_id: int) -> dict[str, Any]:
        """Wait, as a row, until a task of this swarm has ended; returns its state and result."""
        return await self._wait("subtask", {"task": task_id}, lambda: await_task(self.order, task_id))

    async def wait_for_mail(self, *, timeout: timedelta | None = None) -> dict[str, Any]:
        """Wait, as a row, until there is unread mail; returns `{"letters": [...]}`, empty after the timeout."""
        return await self._wait("mail", {}, lambda: await_mail(self.order, timeout, self._waited()[1]))

    async def ask_person(self, question: str) -> str:
        """Ask the operators and wait, as a row, for the answer."""
        answer = await self._wait(
            "answer", {"question": question}, lambda: ask_person(self.order, question, self._waited()[0])
        )
        return str(answer["answer"])

    # --- steps ---------------------------------------------------------------------------------------------------------

    async def _ask(self, request: LlmRequest) -> LlmAnswer:
        connection = self.agent.connection
        if isinstance(connection, VictorError):
            raise connection
        if connection is None:
            raise NoProvider(
                f"{self.agent.name} has no language model.",
                hint="Add a provider and make it the default, or choose one.",
            )
        return await self._host.ask(connection, request)

    async def _note_failure(self, error: LlmError, sent: dict[str, Any], started: datetime, *, final: bool) -> None:
        name = self.agent.connection.model if isinstance(self.agent.connection, Connection) else ""
        step = self._step("think", name, sent, started)
        step.outcome = "failed"
        step.result = {"error": error.as_dict(), "final": final, "retryable": error.retryable}
        step.tokens_in, step.tokens_out = getattr(error, "tokens_in", 0), getattr(error, "tokens_out", 0)
        step.cost_nanos = nanos_of(getattr(error, "cost", None))
        await self._commit(Write(self.order, self._steps, step=step))

    async def _rest(self, error: LlmError, tries: int) -> None:
        pause_s = max(error.retry_after_s or 0.0, BACKOFF_S[min(tries, len(BACKOFF_S)) - 1])
        if pause_s <= LONGEST_PAUSE_S:
            await asyncio.sleep(pause_s)
            return
        wake_at = timezone.now() + timedelta(seconds=pause_s)
        why = f"The provider asks to wait {pause_s:.0f} s: {error.message}"
        await self._commit(Write(self.order, self._steps, ending=Waiting("time", wake_at=wake_at, why=why)))
        raise Left

    async def _observe(
        self, step: StepDraft, result: dict[str, Any] | None = None, *, perform: Perform | None = None
    ) -> dict[str, Any]:
        if result is not None:
            step.result = result
        written = await self._commit(Write(self.order, self._steps, step=step, perform=perform))
        return written.result or {}

    async def _wait(self, kind: str, request: dict[str, Any], perform: Perform) -> dict[str, Any]:
        past = self._replay("wait", kind)
        if past is not None:
            return past.result
        await self._pass_gate()
        return await self._observe(self._step("wait", kind, request, timezone.now()), perform=perform)

    # --- tools ---------------------------------------------------------------------------------------------------------

    def _check_tool(self, name: str, arguments: dict[str, Any]) -> Tool:
        tool = find_tool(name)
        fault = find_fault(arguments, tool.schema)
        if fault:
            raise InvalidInput(f"{name} cannot be called like this: {fault}", hint="Follow the tool's schema.")
        return tool

    async def _clear(self, tool: Tool, arguments: dict[str, Any], step: StepDraft, why: str) -> dict[str, str] | None:
        """Return None when the act may go on, or why it may not; leaves to wait when a person must decide."""
        verdict = decide(tool, agent_tools=self.agent.tools, swarm_policy=self.swarm.policy)
        if verdict == REFUSE:
            return _refusal(f"{self.agent.name} may not use {tool.name}.", "Use one of the tools you were offered.")
        if verdict != ASK:
            return None
        decided = self.order.approvals.get(digest_act(tool.name, arguments))
        if decided is not None and decided.status == "approved":
            return None
        if decided is not None and decided.status != "pending":
            return _refusal(f"The operators {decided.status} this: {decided.note}", "Do not try the same again.")
        await self._commit(
            Write(
                self.order, self._steps, step=step, perform=lambda: ask_for_approval(self.order, tool, arguments, why)
            )
        )
        raise Left

    async def _act_outside(self, tool: Tool, arguments: dict[str, Any], step: StepDraft) -> dict[str, Any]:
        context = self._context(step.n, tool, arguments)
        if tool.effect == EffectClass.READ:
            return await self._observe(step, await self._run_tool(tool, context, arguments))
        known = self._effects.get(context.key)
        if known is not None and known.status == "done":
            return await self._observe(step, known.result)
        if known is not None and known.status == "intended" and not tool.repeatable:
            await self._commit(
                Write(
                    self.order, self._steps, step=step, perform=lambda: report_uncertain(self.order, tool, context.key)
                )
            )
            raise Left
        await self._intend(tool, arguments, step, context.key, fresh=known is None)
        result = await self._run_tool(tool, context, arguments)
        status = "failed" if "error" in result else "done"
        step.result = result
        await self._commit(Write(self.order, self._steps, step=step, settle=(context.key, status, result)))
        return result

    async def _intend(self, tool: Tool, arguments: dict[str, Any], step: StepDraft, key: str, *, fresh: bool) -> None:
        if not fresh:
            await self._commit(Write(self.order, self._steps, settle=(key, "intended", {})))
            return
        effect = Effect(key=key, attempt_id=self.order.attempt_id, step_n=step.n, tool=tool.name, arguments=arguments)
        await self._commit(Write(self.order, self._steps, intent=effect))

    async def _run_tool(self, tool: Tool, context: ToolContext, arguments: dict[str, Any]) -> dict[str, Any]:
        try:
            return await self._host.in_thread(lambda: tool.run(context, arguments))
        except VictorError as error:
            return {"error": error.as_dict()}

    def _context(self, step_n: int, tool: Tool, arguments: dict[str, Any]) -> ToolContext:
        return ToolContext(
            agent_id=self.agent.id,
            agent_name=self.agent.name,
            swarm_id=self.swarm.id,
            task_id=self.task.id,
            attempt_id=self.order.attempt_id,
            folder=Swarm(pk=self.swarm.id).folder,
            input_folder=self.swarm.input_folder,
            key=effect_key(self.task.id, step_n, tool.name, arguments),
        )

    # --- the journal ---------------------------------------------------------------------------------------------------

    def _skip_failed(self) -> int:
        """Pass over failed tries at the head of the journal; returns how many, or raises what the last one ended with."""
        count = 0
        while self._past and self._past[0].outcome == "failed":
            result = self._past.popleft().result
            count += 1
            if result.get("final"):
                raise _revive_error(result)
        return count

    def _replay(self, kind: str, name: str | None) -> JournalStep | None:
        if not self._past:
            return None
        past = self._past.popleft()
        if past.kind != kind or (name is not None and past.name != name):
            raise JournalMismatch(
                f"Step {past.n} was {past.kind} {past.name}; now the program asks for {kind} {name or ''}.",
                hint="The program was changed while this attempt was under way. Retry the task to begin anew.",
            )
        return past

    def _waited(self) -> tuple[int | None, datetime | None]:
        """Return what the attempt waited for and since when, if it is still at the step that made it wait."""
        order = self.order
        return (order.waited_ref, order.waited_since) if self._steps == order.steps else (None, None)

    def _step(self, kind: str, name: str, request: dict[str, Any], started: datetime) -> StepDraft:
        return StepDraft(
            attempt_id=self.order.attempt_id,
            n=self._steps + 1,
            kind=kind,
            name=name[:120],
            request=request,
            started_at=started,
            finished_at=timezone.now(),
        )

    async def _commit(self, write: Write) -> Written:
        if write.step is not None:
            write.step.finished_at = timezone.now()
        written = await self._host.write(write)
        if not written.held or written.waiting:
            raise Left
        if write.step is not None:
            self._steps += 1
        return written

    async def _pass_gate(self) -> None:
        why = await self._host.gate(self.order.attempt_id)
        if why:
            await self._commit(Write(self.order, self._steps, ending=Released(why)))
            raise Left

    async def finish(self, ending: Completed) -> None:
        """Make the result durable; the attempt is over."""
        await self._commit(Write(self.order, self._steps, ending=ending))

    async def fail(self, ending: Failed) -> None:
        """Make the failure durable; the attempt is over."""
        await self._commit(Write(self.order, self._steps, ending=ending))


def _varied(request: LlmRequest, tries: int) -> LlmRequest:
    """Return the request as it is at first; afterwards with some chance in it, or the same bad answer would come back."""
    if not tries:
        return request
    return replace(request, seed=tries, temperature=max(request.temperature, RETRY_TEMPERATURE))


def _revive_error(result: dict[str, Any]) -> LlmError:
    kept: dict[str, str] = result["error"]
    error = LlmError(kept["message"], hint=kept["hint"])
    error.category, error.id, error.retryable = Category(kept["category"]), kept["id"], bool(result.get("retryable"))
    return error


def _refusal(message: str, hint: str) -> dict[str, str]:
    return {"category": Category.PERMISSION, "message": message, "hint": hint, "id": ""}
