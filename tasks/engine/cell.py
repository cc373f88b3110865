"""A cell: one process that drives hundreds of attempts at once and hangs on one lease.

The loop never touches the database itself; the writer's thread does, one piece of work after the other.
"""

import asyncio
import logging
import os
import time
from functools import partial

from django.conf import settings

from tasks.engine.bell import Bell
from tasks.engine.burial import bury_namesakes
from tasks.engine.claims import take
from tasks.engine.commit import renew_lease
from tasks.engine.driving import Driver
from tasks.engine.guard import LOOK_S, Guard, resident_mb
from tasks.engine.orders import CellDeclaredDead
from tasks.engine.points import Point, reach
from tasks.engine.presence import close_cell, held_by, open_cell, release_strays
from tasks.engine.shares import Room
from tasks.engine.turns import Turns
from tasks.engine.writer import Writer
from tasks.models import Attempt, Recall
from tasks.recalls import note_let_go
from victoros.lib import clock, heap
from victoros.lib.hands import Hands
from victoros.lib.host import this_host
from victoros.lib.statements import go_by_index

log = logging.getLogger(__name__)

DRAIN_S = 3.0
"""How long a draining cell lets steps in flight finish; what is cut off is done again by whoever takes it up. With
signing off it must fit into the time `up` has to end."""
DRAIN_LOOK_S = 1.0
"""How often a cell looks whether it has a reason of its own to drain."""
CLAIM_AT_ONCE = 200
LET_GO_AT_ONCE = 200
END_S = 0.5
"""How long what was cut off may take to end before others are looked after; it is looked at again with the next look."""
AGAIN_S = (0.02, 0.04, 0.08)
"""How soon a cell looks again after claims of others were in its way, time after time; cells differ by up to a half of it."""
DEAF_LOOK = 0.25
"""How much sooner a cell looks for work while the bell may not be heard."""
IDLE_LOOKS = 5
"""How many times as rarely a cell that drives nothing looks whether anything hangs on it all the same."""


class Cell(Driver):
    """Claims, drives and writes until told to drain, declared dead, or old."""

    def __init__(self, *, slots: int | None = None, worker_pid: int = 0) -> None:
        super().__init__()
        self.slots = slots or settings.VICTOR_CELL_SLOTS
        self._worker_pid = worker_pid
        self._halt = asyncio.Event()
        self._bell = Bell(self._look.set, self._halt.set, lambda: self.drain("it was told to"))
        self._drain_why = ""
        self._in_vain = 0
        """Claims one after the other that found nothing because others held it."""
        self._owed: set[int] = set()
        """What was recalled and has not been let go of yet."""
        self._told_to_drain = asyncio.Event()
        self.id = 0

    # --- life ----------------------------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Live: register, work, drain, sign off."""
        self._writer = Writer(on_return=self._halt.set)  # an answer that was lost may have given us work
        self.id = await self._writer.in_database(lambda: sign_on(self.slots, self._worker_pid))
        self._writer.cell_id = self.id
        reach(Point.CELL_OPENED)
        self._renewed = time.monotonic()
        self._hands = Hands(settings.VICTOR_HOME, self.id)
        self._guard = Guard(self._hands) if self._worker_pid else None
        log.info("cell %s works on %s, pid %s", self.id, this_host(), os.getpid())
        if self._guard:
            self._guard.begin()
        self._turns = Turns(self._writer.in_database, self.id)
        keepers = [
            self._writer.run(),
            self._beat(),
            self._turn(),
            self._claim_work(),
            self._watch_halts(),
            self._hear(),
            self._turns.move(),
        ]
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
            if self._guard:
                self._guard.stop()
            self._leave_tools()

    def drain(self, why: str) -> None:
        """Ask the cell to finish its steps in flight and end."""
        self._drain_why = self._drain_why or why
        self._told_to_drain.set()
        self._look.set()

    async def _wait_for_drain(self) -> None:
        started, parent = time.monotonic(), os.getppid()
        while not self._drain_why:
            await _wait_at_most(self._told_to_drain, DRAIN_LOOK_S)
            if self._worker_pid and os.getppid() != parent:
                self.drain("its worker process is gone")
            elif time.monotonic() - started > settings.VICTOR_CELL_MAX_AGE_S:
                self.drain("it is old and will be replaced")
            elif resident_mb() > settings.VICTOR_CELL_MAX_MB:
                self.drain(f"it uses more than {settings.VICTOR_CELL_MAX_MB} MB and will be replaced")

    async def _drain(self) -> None:
        log.info("cell %s drains: %s", self.id, self._drain_why)
        for attempt_id in self._driven:
            self._paused.setdefault(attempt_id, self._drain_why)
        running = [driven.coroutine for driven in self._driven.values()]
        if running:
            await asyncio.wait(running, timeout=DRAIN_S)
        self._abandon()
        reach(Point.CELL_DRAINED)
        await self._writer.in_database(lambda: close_cell(self.id, self._drain_why))
        held = await self._writer.in_database(lambda: held_by(self.id))  # from now on nothing more can be recalled
        if not await self._let_go(held.recalled):  # else our end is reported, for what goes on in threads until then
            self._hands.remove()

    def _abandon(self) -> None:
        for driven in self._driven.values():
            driven.coroutine.cancel()

    def _leave_tools(self) -> None:
        """Begin no tool any more, and wait for none: a thread cannot be ended but with its process."""
        self._tools.shutdown(wait=False, cancel_futures=True)
        if self._hands.in_threads:
            log.info("cell %s leaves %s at work in threads behind", self.id, self._hands.in_threads)

    # --- keepers -------------------------------------------------------------------------------------------------------

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(settings.VICTOR_HEARTBEAT_S)
            asked = time.monotonic()
            await self._writer.in_database(lambda: renew_lease(self.id))
            self._renewed = asked

    async def _turn(self) -> None:
        """Let the guard see that the loop goes round, while there is anything to guard."""
        while self._guard:
            await self._busy.wait()
            self._guard.turn()
            await asyncio.sleep(LOOK_S)
        await asyncio.Event().wait()

    async def _hear(self) -> None:
        await self._bell.listen()

    async def _claim_work(self) -> None:
        while True:
            self._look.clear()
            more = not self._drain_why and await self._claim_once()
            if not more:
                await _wait_at_most(self._look, self._rest_s())

    def _rest_s(self) -> float:
        """Return how long to wait for the bell before the next look."""
        if 0 < self._in_vain <= len(AGAIN_S):
            return AGAIN_S[self._in_vain - 1] * (0.75 + self.id % 8 / 16)
        self._in_vain = 0
        return float(settings.VICTOR_LOOK_S * (DEAF_LOOK if self._bell.is_doubtful else 1))

    async def _claim_once(self) -> bool:
        """Take what there is room for; True when there may be more."""
        room = min(self.slots - len(self._driven), CLAIM_AT_ONCE)
        if room <= 0 or self._suspects:
            return False
        alone, wary = not self._driven, bool(self._suspects_beside)
        places = Room(self.slots, +self._held)
        taken = await self._writer.in_database(
            lambda: take(self.id, room, alone=alone, wary=wary, room=places, send=self._writer.send)
        )
        reach(Point.LOADED)
        if self._drain_why:  # told to end meanwhile: what it took is given back untouched with all else that it holds
            return False
        self._in_vain = self._in_vain + 1 if taken.is_passed_over else 0
        for order in taken.orders:
            self._start(order, alone=alone)
        return len(taken.orders) == room

    async def _watch_halts(self) -> None:
        idle = 0
        while True:
            await _wait_at_most(self._halt, settings.VICTOR_LOOK_S)
            idle = 0 if self._driven or self._owed or self._halt.is_set() else idle + 1
            self._halt.clear()
            if idle % IDLE_LOOKS == 0:
                await self._check_held()

    async def _check_held(self) -> None:
        """Cut off what is no longer ours, ask paused work to leave, and give back what nobody here drives."""
        mine = set(self._driven)
        held = await self._writer.in_database(lambda: held_by(self.id))
        for attempt_id in mine & set(self._driven):
            driven, kept = self._driven[attempt_id], held.running.get(attempt_id)
            if kept is None or kept.fence != driven.order.fence:
                driven.coroutine.cancel()
            elif kept.paused:
                self._paused[attempt_id] = "paused"
            elif not self._drain_why:
                self._paused.pop(attempt_id, None)
        self._owed = await self._let_go(held.recalled) if held.recalled else set()
        strays = set(held.running) - mine - set(self._driven)
        if strays and not self._drain_why:
            reach(Point.STRAYS_FOUND)
            await self._writer.in_database(lambda: release_strays(self.id, strays))

    async def _let_go(self, recalled: dict[int, tuple[int, int]]) -> set[int]:
        """Say of what was recalled that we have let go of it, once nothing of it is under way any more here; returns the others."""
        ending = [self._under_way[run] for run in recalled.values() if run in self._under_way]
        for work in ending:
            work.cancel()
        if ending:
            await asyncio.wait(ending, timeout=END_S)
        busy = {*self._under_way, *self._in_threads.values()}
        gone = sorted(number for number, run in recalled.items() if run not in busy)
        for start in range(0, len(gone), LET_GO_AT_ONCE):
            some = Recall.objects.filter(pk__in=gone[start : start + LET_GO_AT_ONCE])
            await self._writer.in_database(partial(note_let_go, some, Attempt.LetGo.CELL))
        return set(recalled) - set(gone)


def sign_on(slots: int, worker_pid: int) -> int:
    """Open a cell and return its id, also when it was opened before and the answer was lost.

    A row of an earlier process with our number is buried too: that process is gone.
    """
    bury_namesakes(os.getpid())
    return open_cell(slots, worker_pid)


async def _wait_at_most(event: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        return


def run_cell_forever(*, slots: int | None = None, worker_pid: int = 0) -> None:
    """Run one cell in this thread until it ends."""
    go_by_index()
    clock.agree_in_background()
    heap.tidy_in_background()
    asyncio.run(Cell(slots=slots, worker_pid=worker_pid).run())
