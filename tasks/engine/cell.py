"""A cell: one process that drives hundreds of attempts at once and hangs on one lease.

The loop never touches the database itself; the writer's thread does, one piece of work after the other.
"""

import asyncio
import logging
import os
import socket
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from django.conf import settings

from agents.llm.client import LlmClient
from agents.llm.types import Connection, LlmAnswer, LlmRequest
from tasks.engine.bell import Bell
from tasks.engine.claims import SUSPECT_DEATHS, claim, something_to_do
from tasks.engine.commit import renew_lease
from tasks.engine.loading import load_orders
from tasks.engine.orders import CellDeclaredDead, Failed, Order, Write, Written
from tasks.engine.presence import close_cell, held_by, open_cell, release_strays
from tasks.engine.registry import find_program
from tasks.engine.run import Left, Run
from tasks.engine.waking import wake_due
from tasks.engine.writer import Writer
from victoros.lib.errors import Category, VictorError

log = logging.getLogger(__name__)

DRAIN_S = 3.0
"""How long a draining cell lets steps in flight finish; what is cut off is done again by whoever takes it up. With
signing off it must fit into the time `up` has to end."""
CLAIM_AT_ONCE = 200
TOOL_THREADS = 16


@dataclass
class Driven:
    """One attempt under way in this process."""

    order: Order
    coroutine: "asyncio.Task[None]"


class Cell:
    """Claims, drives and writes until told to drain, declared dead, or old."""

    def __init__(self, *, slots: int | None = None, worker_pid: int = 0) -> None:
        self.slots = slots or settings.VICTOR_CELL_SLOTS
        self._worker_pid = worker_pid
        self._driven: dict[int, Driven] = {}
        self._paused: dict[int, str] = {}
        self._suspects: set[int] = set()
        self._look = asyncio.Event()
        self._halt = asyncio.Event()
        self._drain_why = ""
        self._renewed = time.monotonic()
        self._tools = ThreadPoolExecutor(TOOL_THREADS, thread_name_prefix="tool")
        self._llm = LlmClient()
        self.id = 0

    # --- life ----------------------------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Live: register, work, drain, sign off."""
        self._writer = Writer()
        self.id = await self._writer.in_database(lambda: open_cell(self.slots, self._worker_pid))
        self._writer.cell_id = self.id
        self._renewed = time.monotonic()
        log.info("cell %s works on %s, pid %s", self.id, socket.gethostname(), os.getpid())
        keepers = [self._writer.run(), self._beat(), self._claim_work(), self._watch_halts(), self._hear()]
        tasks = [asyncio.ensure_future(keeper) for keeper in keepers]
        drained = asyncio.ensure_future(self._wait_for_drain())
        try:
            done, _ = await asyncio.wait([*tasks, drained], return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
            await self._drain()
        except CellDeclaredDead:
            log.warning("cell %s was declared dead; what it held belongs to others now", self.id)
            self._abandon()
        finally:
            for task in [*tasks, drained]:
                task.cancel()
            await asyncio.gather(*tasks, drained, return_exceptions=True)
            await self._llm.close()
            self._writer.close()
            self._tools.shutdown(wait=False, cancel_futures=True)

    def drain(self, why: str) -> None:
        """Ask the cell to finish its steps in flight and end."""
        self._drain_why = self._drain_why or why
        self._look.set()

    async def _wait_for_drain(self) -> None:
        started, parent = time.monotonic(), os.getppid()
        while not self._drain_why:
            await asyncio.sleep(0.25)
            if self._worker_pid and os.getppid() != parent:
                self.drain("its worker process is gone")
            elif time.monotonic() - started > settings.VICTOR_CELL_MAX_AGE_S:
                self.drain("it is old and will be replaced")
            elif _resident_mb() > settings.VICTOR_CELL_MAX_MB:
                self.drain(f"it uses more than {settings.VICTOR_CELL_MAX_MB} MB and will be replaced")

    async def _drain(self) -> None:
        log.info("cell %s drains: %s", self.id, self._drain_why)
        for attempt_id in self._driven:
            self._paused.setdefault(attempt_id, self._drain_why)
        running = [driven.coroutine for driven in self._driven.values()]
        if running:
            await asyncio.wait(running, timeout=DRAIN_S)
        self._abandon()
        await self._writer.in_database(lambda: close_cell(self.id, self._drain_why))

    def _abandon(self) -> None:
        for driven in self._driven.values():
            driven.coroutine.cancel()

    # --- keepers -------------------------------------------------------------------------------------------------------

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(settings.VICTOR_HEARTBEAT_S)
            asked = time.monotonic()
            await self._writer.in_database(lambda: renew_lease(self.id))
            self._renewed = asked

    async def _hear(self) -> None:
        await Bell(
            on_work=self._look.set, on_halt=self._halt.set, on_drain=lambda: self.drain("it was told to")
        ).listen()

    async def _claim_work(self) -> None:
        while True:
            self._look.clear()
            more = not self._drain_why and await self._claim_once()
            if not more:
                await _wait_at_most(self._look, settings.VICTOR_LOOK_S)

    async def _claim_once(self) -> bool:
        """Take what there is room for; True when there may be more."""
        room = min(self.slots - len(self._driven), CLAIM_AT_ONCE)
        if room <= 0 or self._suspects:
            return False
        alone = not self._driven
        orders = await self._writer.in_database(lambda: _take(self.id, room, alone))
        for order in orders:
            self._start(order)
        return len(orders) == room

    async def _watch_halts(self) -> None:
        while True:
            await _wait_at_most(self._halt, settings.VICTOR_LOOK_S)
            self._halt.clear()
            await self._check_held()

    async def _check_held(self) -> None:
        """Cut off what is no longer ours, ask paused work to leave, and give back what nobody here drives."""
        mine = set(self._driven)
        held = await self._writer.in_database(lambda: held_by(self.id))
        for attempt_id in mine & set(self._driven):
            driven, kept = self._driven[attempt_id], held.get(attempt_id)
            if kept is None or kept.fence != driven.order.fence:
                driven.coroutine.cancel()
            elif kept.paused:
                self._paused[attempt_id] = "paused"
            elif not self._drain_why:
                self._paused.pop(attempt_id, None)
        strays = set(held) - mine - set(self._driven)
        if strays and not self._drain_why:
            await self._writer.in_database(lambda: release_strays(self.id, strays))

    # --- attempts ------------------------------------------------------------------------------------------------------

    def _start(self, order: Order) -> None:
        if order.deaths >= SUSPECT_DEATHS:
            self._suspects.add(order.attempt_id)
        coroutine = asyncio.ensure_future(self._drive(order))
        self._driven[order.attempt_id] = Driven(order, coroutine)
        coroutine.add_done_callback(lambda _: self._forget(order.attempt_id))

    def _forget(self, attempt_id: int) -> None:
        self._driven.pop(attempt_id, None)
        self._paused.pop(attempt_id, None)
        self._suspects.discard(attempt_id)
        self._look.set()

    async def _drive(self, order: Order) -> None:
        run = Run(order, self)
        try:
            ending = await find_program(order.agent.program)(run)
            await run.finish(ending)
        except (Left, asyncio.CancelledError):
            return
        except Exception as error:
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

    # --- what runs ask for (tasks.engine.run.Host) ---------------------------------------------------------------------

    async def write(self, write: Write) -> Written:
        """Make a write durable."""
        written = await self._writer.put(write)
        if write.step is not None and written.held and not written.waiting:
            self._acquit(write.order.attempt_id)
        return written

    def _acquit(self, attempt_id: int) -> None:
        """A suspect that finished a step did not kill this process: others may join it."""
        if attempt_id in self._suspects:
            self._suspects.discard(attempt_id)
            self._look.set()

    async def ask(self, connection: Connection, request: LlmRequest) -> LlmAnswer:
        """Ask a language model, as soon as it is this question's turn and our lease is sure."""
        return await self._llm.ask(connection, request, admit=self._be_sure_of_lease)

    async def in_thread(self, work: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        """Run a tool's blocking work."""
        return await asyncio.get_running_loop().run_in_executor(self._tools, work)

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


def _take(cell_id: int, room: int, alone: bool) -> list[Order]:
    wake_due()
    if not something_to_do():
        return []
    return load_orders(cell_id, claim(cell_id, room, alone=alone))


async def _wait_at_most(event: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        return


def _resident_mb() -> float:
    """Return this process's resident memory, 0 where /proc is missing."""
    try:
        with open("/proc/self/statm") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6
    except OSError:
        return 0.0


def run_cell_forever(*, slots: int | None = None, worker_pid: int = 0) -> None:
    """Run one cell in this thread until it ends."""
    asyncio.run(Cell(slots=slots, worker_pid=worker_pid).run())
    if threading.active_count() > 1:
        log.info("tool threads still run and are left behind")
