"""Driving attempts: their programs run as coroutines of one event loop, and ask the cell for what they need."""

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from django.conf import settings

from agents.llm.client import LlmClient
from agents.llm.types import Connection, LlmAnswer, LlmRequest
from tasks.engine.guard import Guard
from tasks.engine.orders import Failed, Order, Write, Written
from tasks.engine.progress import Left
from tasks.engine.registry import find_program
from tasks.engine.run import Run
from tasks.engine.turns import Turns
from tasks.engine.writer import Writer
from victoros.lib.errors import Category, VictorError
from victoros.lib.hands import THREADS, Hands

log = logging.getLogger(__name__)
TRUSTED_AFTER_S = 10.0
"""How long a suspect is watched at most: a step may take hours, and neither its cell nor other suspects should wait as long."""


@dataclass
class Driven:
    """One attempt under way in this process."""

    order: Order
    coroutine: "asyncio.Task[None]"


class Driver:
    """What drives the attempts of a cell; `tasks.engine.cell` decides which these are, and how long it lasts."""

    _writer: Writer
    _turns: Turns
    _hands: Hands

    def __init__(self) -> None:
        self._driven: dict[int, Driven] = {}
        self._under_way: dict[tuple[int, int], asyncio.Task[None]] = {}
        """All that is driven, by attempt and fence: also what was cut off and has not ended yet."""
        self._in_threads: dict[Future[dict[str, Any]], tuple[int, int]] = {}
        """Work of attempts' tools, with whose it is; what has begun goes on when its attempt is cut off."""
        self._held: Counter[int] = Counter()
        """How many attempts of each swarm are driven here."""
        self._paused: dict[int, str] = {}
        self._suspects: set[int] = set()
        """Those that are driven alone: nothing may join them."""
        self._suspects_beside: set[int] = set()
        """Those that go beside others."""
        self._look = asyncio.Event()
        self._busy = asyncio.Event()
        """Set while anything is driven here."""
        self._renewed = time.monotonic()
        self._tools = ThreadPoolExecutor(THREADS, thread_name_prefix="tool")
        self._llm = LlmClient()
        self._guard: Guard | None = None

    def _start(self, order: Order, *, alone: bool) -> None:
        coroutine = asyncio.get_running_loop().create_task(self._hands.watch(order.attempt_id, self._drive(order)))
        driven = self._driven[order.attempt_id] = Driven(order, coroutine)
        self._under_way[order.attempt_id, order.fence] = coroutine
        if order.is_suspect:
            (self._suspects if alone else self._suspects_beside).add(order.attempt_id)
            asyncio.get_running_loop().call_later(TRUSTED_AFTER_S, self._trust, driven)
        self._paused.pop(order.attempt_id, None)
        self._held[order.swarm.id] += 1
        self._busy.set()
        coroutine.add_done_callback(lambda _: self._forget(driven))

    def _forget(self, driven: Driven) -> None:
        """Drive it no longer. An attempt that left may have been taken up again meanwhile: that one stays."""
        attempt_id = driven.order.attempt_id
        self._under_way.pop((attempt_id, driven.order.fence), None)
        self._held[driven.order.swarm.id] -= 1
        if self._driven.get(attempt_id) is driven:
            del self._driven[attempt_id]
            self._paused.pop(attempt_id, None)
            self._acquit(attempt_id)
        if not self._driven:
            self._busy.clear()
        self._look.set()

    async def _drive(self, order: Order) -> None:
        run = Run(order, self)
        try:
            ending = await find_program(order.agent.program)(run)
            await run.finish(ending)
        except (Left, asyncio.CancelledError):
            return
        except MemoryError as error:
            await self._out_of_memory(run, error)
        except Exception as error:
            await self._give_up(run, error)

    async def _out_of_memory(self, run: Run, error: MemoryError) -> None:
        """End the process, with this attempt in hand: others must not fail because there is no memory left."""
        if self._guard:
            self._guard.give_up("there was no memory left")
        await self._give_up(run, error)

    async def _give_up(self, run: Run, error: Exception) -> None:
        """Write down why an attempt failed; a mistake in a program is told like any other error, with its place logged."""
        ending = describe_failure(error)
        if not isinstance(error, VictorError):
            log.error("attempt %s failed (%s)", run.order.attempt_id, ending.error_id, exc_info=error)
        try:
            await run.fail(ending)
        except Left:
            return

    # --- what programs ask for (tasks.engine.progress.Host) ---------------------------------------------------------------------

    async def write(self, write: Write) -> Written:
        """Make a write durable."""
        written = await self._writer.put(write)
        if write.step is not None and written.held and not written.waiting:
            self._acquit(write.order.attempt_id)
        return written

    def _acquit(self, attempt_id: int) -> None:
        """Suspect an attempt no longer: it finished a step or went on for a while without killing this process, or left it. Others
        may join."""
        for suspects in (self._suspects, self._suspects_beside):
            if attempt_id in suspects:
                suspects.discard(attempt_id)
                self._look.set()

    def _trust(self, suspect: Driven) -> None:
        """Suspect it no longer if it is still driven: so long it has done no harm."""
        if self._driven.get(suspect.order.attempt_id) is suspect:
            self._acquit(suspect.order.attempt_id)

    async def ask(self, connection: Connection, request: LlmRequest, swarm_id: int) -> LlmAnswer:
        """Ask a language model, as soon as it is this question's turn and our lease is sure."""
        return await self._turns.ask(self._llm, connection, request, swarm_id, self._be_sure_of_lease)

    async def in_thread(self, order: Order, name: str, work: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        """Run a tool's blocking work, once our lease is sure: we may have been frozen since the act was written down.

        It is marked as in hand while it lasts.
        """
        await self._be_sure_of_lease()

        def work_in_hand() -> dict[str, Any]:
            with self._hands.in_thread(order.attempt_id, name):
                try:
                    return work()
                except MemoryError:
                    if self._guard:
                        self._guard.give_up("there was no memory left")
                    raise

        in_thread = self._tools.submit(work_in_hand)
        self._in_threads[in_thread] = (order.attempt_id, order.fence)
        in_thread.add_done_callback(lambda work: self._in_threads.pop(work, None))
        return await asyncio.wrap_future(in_thread)

    async def gate(self, attempt_id: int) -> str:
        """Say whether a new step may begin: not while paused, and not while our lease may be gone."""
        if not self._paused.get(attempt_id):
            await self._be_sure_of_lease()
        return self._paused.get(attempt_id, "")

    async def _be_sure_of_lease(self) -> None:
        """Wait until the heartbeat was renewed of late: a process that was frozen must not begin anything before."""
        while time.monotonic() - self._renewed > settings.VICTOR_LEASE_S * 0.8:
            await asyncio.sleep(0.05)


def describe_failure(error: Exception) -> Failed:
    """Return how an error ends an attempt: ours by their category, all others as system errors worth another attempt."""
    if isinstance(error, VictorError):
        return Failed(str(error.category), error.message, error.id, bool(getattr(error, "retryable", False)))
    wrapped = VictorError(f"{type(error).__name__}: {error}")
    return Failed(str(Category.SYSTEM), wrapped.message, wrapped.id, retryable=True)
