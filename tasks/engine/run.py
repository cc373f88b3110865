"""One attempt as its program sees it: durable thinking, acting and waiting.

What was finished before is read from the journal; what is new is committed before the program sees it. A program may be
run any number of times from its first line: it must ask the same things in the same order.
"""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from agents.llm.types import LlmAnswer, LlmRequest
from tasks.engine import thinking
from tasks.engine.acting import Acting
from tasks.engine.orders import Completed, Failed, Order, Perform
from tasks.engine.progress import Host, Progress
from tasks.engine.waits import ask_person, await_mail, await_task
from victoros.lib import clock

MAX_TASK_RESULT = 200_000
"""Characters of a task's result."""


class Run:
    """The durable steps of one attempt. `task`, `agent` and `swarm` are facts as of the claim."""

    def __init__(self, order: Order, host: Host) -> None:
        self.order = order
        self.task, self.agent, self.swarm = order.task, order.agent, order.swarm
        self._progress = Progress(order, host)
        self._acting = Acting(self._progress)

    async def think(self, request: LlmRequest, *, as_sent: dict[str, Any] | None = None) -> LlmAnswer:
        """Ask the agent's language model; bounded retries, each failed try is a step of its own.

        `as_sent` replaces the request in the journal where a shorter form tells the same. Raises `LlmError` for good.
        """
        return await thinking.think(self._progress, request, as_sent)

    async def act(self, name: str, arguments: dict[str, Any], *, why: str = "") -> dict[str, Any]:
        """Use a tool and return what the agent observes; refusals and errors come back as `{"error": {...}}`."""
        return await self._acting.act(name, arguments, why)

    async def wait_for_task(self, task_id: int) -> dict[str, Any]:
        """Wait, as a row, until a task of this swarm has ended; returns its state and result."""
        return await self._wait("subtask", {"task": task_id}, lambda: await_task(self.order, task_id))

    async def wait_for_mail(self, *, timeout: timedelta | None = None) -> dict[str, Any]:
        """Wait, as a row, until there is unread mail; returns `{"letters": [...]}`, empty after the timeout."""
        return await self._wait("mail", {}, lambda: await_mail(self.order, timeout, self._progress.waited[1]))

    async def ask_person(self, question: str) -> str:
        """Ask the operators and wait, as a row, for the answer."""
        answer = await self._wait(
            "answer", {"question": question}, lambda: ask_person(self.order, question, self._progress.waited[0])
        )
        return str(answer["answer"])

    async def finish(self, ending: Completed) -> None:
        """Make the result durable; the attempt is over."""
        if len(ending.result) > MAX_TASK_RESULT:
            left_out = len(ending.result) - MAX_TASK_RESULT
            cut = f"{ending.result[:MAX_TASK_RESULT]}\n… {left_out:,} more characters were left out."
            ending = replace(ending, result=cut)
        await self._progress.commit(ending=ending)

    async def fail(self, ending: Failed) -> None:
        """Make the failure durable; the attempt is over."""
        await self._progress.commit(ending=ending)

    async def _wait(self, kind: str, request: dict[str, Any], perform: Perform) -> dict[str, Any]:
        past = self._progress.replay("wait", kind)
        if past is not None:
            return past.result
        await self._progress.pass_gate()
        return await self._progress.observe(self._progress.draft("wait", kind, request, clock.now()), perform=perform)
