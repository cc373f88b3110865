"""One life: a forked process that buries, reconciles, is a cell and a person in turn, until there is nothing left to do.

Time is compressed: rests are over at once, silence counts as soon as nobody is known to be alive. Everything runs in one
thread, so that the same schedule meets the same points in the same order.
"""

import asyncio
import json
import logging
import os
import signal
import socket
import sys
import time
import traceback
from collections.abc import Callable
from concurrent.futures import Executor, Future
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any

from django.conf import settings
from django.db import OperationalError, connection
from django.utils import timezone

from tasks.engine import cell as cell_module
from tasks.engine import driving, finish, reconciler, rounds, tries, writer
from tasks.engine.cell import Cell
from tasks.engine.claims import Taken, take
from tasks.engine.leases import holder_of, take_lease
from tasks.engine.presence import held_by
from tasks.models import Attempt, Lease, Quota, Task
from tasks.models import Cell as CellRow
from victoros.ops.chaos.points.arming import Armed, listening
from victoros.ops.chaos.points.notebook import OPEN, TRACE
from victoros.ops.chaos.points.people import act
from victoros.ops.chaos.points.schedule import Crash

MOST_ROUNDS = 25
MOST_S = 30
"""A life that takes longer hangs."""
LONG_AGO = timedelta(hours=1)


@dataclass(frozen=True)
class Orders:
    """What a life is told."""

    folder: Path
    stories: tuple[str, ...]
    crashes: tuple[Crash, ...] = ()
    dead: tuple[int, ...] = ()
    """Processes that were seen to die since the last life began."""
    standing: tuple[int, ...] = ()
    """Processes that stand still and count as alive."""


class Clock:
    """What cells take for the module `time`: it goes on while the process is frozen for a moment that stands for an hour."""

    missed_s = 0.0

    def monotonic(self) -> float:
        """Return seconds, those included that the process missed."""
        return time.monotonic() + self.missed_s


CLOCK = Clock()


class AtOnce(Executor):
    """Runs what it is given in the caller's thread."""

    def submit(self, work: Callable[..., Any], /, *arguments: Any, **named: Any) -> "Future[Any]":
        future: Future[Any] = Future()
        try:
            future.set_result(work(*arguments, **named))
        except BaseException as error:
            future.set_exception(error)
        return future


class Claims:
    """Takes work for cells, and sees in the same breath whether anything hangs on the cell.

    What hangs on it undriven is given back between two pieces of database work: asked later, it would be missed by both.
    """

    is_done = False
    """Whether the last claim found nothing and left nothing."""

    def take(self, cell_id: int, *arguments: Any, **named: Any) -> Taken:
        """Take what a cell takes."""
        taken = take(cell_id, *arguments, **named)
        held = held_by(cell_id)
        self.is_done = not (taken.orders or held.running or held.recalled)
        return taken


CLAIMS = Claims()


class BriefCell(Cell):
    """A cell that ends when there is nothing left to do."""

    drove = 0

    async def _claim_once(self) -> bool:
        OPEN.cell_id = self.id
        CLAIMS.is_done = False
        more = await super()._claim_once()
        self.drove += len(self._driven)
        if CLAIMS.is_done and not self._driven:
            self.drain("nothing is left to do")
        return more

    async def _wait_for_drain(self) -> None:
        while not self._drain_why:
            await asyncio.sleep(0.005)


@dataclass
class Life:
    """The process, from its fork to its end."""

    orders: Orders
    cell: BriefCell | None = None
    rounds: int = field(default=0)

    def live(self) -> None:
        """Go on until a round changed nothing. Whatever goes wrong is raised."""
        self._hear_of_deaths()
        for self.rounds in range(1, MOST_ROUNDS + 1):
            did = _forgive(lambda: act(self.orders.stories))
            _forgive(lambda: _let_time_pass(self.orders.standing))
            did += _forgive(_reconcile)
            if _forgive(_is_work_left):
                self.cell = BriefCell(slots=50)
                asyncio.run(self.cell.run())
                OPEN.cell_id = 0
                did += self.cell.drove
            if not did:
                return
        raise TimeoutError(f"There was still something to do after {MOST_ROUNDS} rounds.")

    def age(self) -> None:
        """Make this process notice how long it was frozen."""
        CLOCK.missed_s += LONG_AGO.total_seconds()

    def _hear_of_deaths(self) -> None:
        for pid in self.orders.dead:
            _forgive(partial(_report, pid))


def begin(orders: Orders) -> None:
    """Be a life; ends the process. Exit code 0 when it did all it could, 3 when something was raised."""
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.alarm(MOST_S)
    OPEN.folder = orders.folder
    _compress_time(orders.folder)
    life = Life(orders)
    armed = Armed(orders.crashes, orders.stories, life.age)
    code = 0
    try:
        with listening(armed):
            life.live()
    except BaseException:
        OPEN.add(TRACE, event="raised", words=traceback.format_exc()[-3000:])
        code = 3
    OPEN.add(TRACE, event="ended", passed=armed.passed, rounds=life.rounds)
    sys.stdout.flush()
    os._exit(code)


def practise(orders: Orders) -> None:
    """Live in this process and return."""
    OPEN.folder = orders.folder
    _compress_time(orders.folder)
    Life(orders).live()


def _report(pid: int) -> int:
    reconciler._bury_reported(json.dumps({"host": socket.gethostname(), "pid": pid}))
    return 0


def _reconcile() -> int:
    if take_lease(reconciler.LEASE_NAME, holder_of(os.getpid()), LONG_AGO):
        return sum(reconciler.reconcile().values())
    return 0


def _forgive(deed: Callable[[], int]) -> int:
    """Do it; a database that broke off is asked again in the next round, which is therefore needed."""
    try:
        return deed()
    except OperationalError as error:
        OPEN.add(TRACE, event="broken off", error=str(error))
        connection.close()
        return 1


def _is_work_left() -> int:
    ready = Attempt.objects.filter(status="ready", swarm__desired_state="running").exists()
    return int(ready or Task.objects.filter(status="ready", swarm__desired_state="running").exists())


def _let_time_pass(standing: tuple[int, ...]) -> int:
    """Make every lease of others run out and every rest end, as time would; who only stands still keeps its lease."""
    long_ago = timezone.now() - LONG_AGO
    living = {*standing, os.getpid()}
    CellRow.objects.filter(status__in=["alive", "draining"]).exclude(pid__in=living).update(heartbeat_at=long_ago)
    Attempt.objects.filter(status="waiting", wake_at__isnull=False).update(wake_at=long_ago)
    Lease.objects.exclude(holder=holder_of(os.getpid())).update(until=long_ago)
    Quota.objects.update(held_until=None, booked_until=None)
    return 0


def _compress_time(folder: Path) -> None:
    """Set what this process works with: no rests, no Redis, no other threads. Called in the forked process only."""
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"  # the loop's thread is the database's thread
    settings.VICTOR_REDIS_URL = "unix:///nonexistent/valkey.sock"
    settings.VICTOR_HOME = folder
    settings.VICTOR_LOOK_S, settings.VICTOR_HEARTBEAT_S = 0.004, 0.1
    _replace(finish, RETRY_S=(0.0,))
    _replace(tries, BACKOFF_S=(0.0,))
    _replace(writer, RETRY_S=0.002, ThreadPoolExecutor=lambda *_, **__: AtOnce())
    _replace(driving, ThreadPoolExecutor=lambda *_, **__: AtOnce(), time=CLOCK)
    _replace(cell_module, time=CLOCK, take=CLAIMS.take)
    _replace(reconciler, keep_cells=lambda: 0)
    rounds.PARTS |= {"cells_started": lambda: 0}
    handler = logging.FileHandler(folder / "life.log")
    handler.setFormatter(logging.Formatter("%(asctime)s %(process)d %(name)s %(levelname)s %(message)s"))
    logging.getLogger().handlers = [handler]
    logging.getLogger().setLevel(logging.WARNING)


def _replace(module: ModuleType, **values: object) -> None:
    for name, value in values.items():
        if not hasattr(module, name):
            raise AttributeError(f"{module.__name__} has no {name} any more.")
        setattr(module, name, value)
