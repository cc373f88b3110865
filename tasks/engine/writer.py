"""The one writer of a cell: everything that is finished while a commit is under way shares the next one."""

import asyncio
import logging
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from django.db import InterfaceError, OperationalError, close_old_connections, connection

from tasks.engine.commit import commit_batch
from tasks.engine.hints import HintSender
from tasks.engine.orders import Write, Written

log = logging.getLogger(__name__)
R = TypeVar("R")

MOST_IN_A_BATCH = 128
"""Bounds the time SQLite's only write lock is held to about 10 ms."""
RETRY_S = 0.5


class Writer:
    """Owns the cell's only database thread. `put` returns once the write is durable (or refused)."""

    def __init__(self, cell_id: int = 0, on_return: Callable[[], object] = lambda: None) -> None:
        self.cell_id = cell_id
        """Known once the cell has signed on, which it does in this thread."""
        self._on_return = on_return
        """Called when the database answers again."""
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="database")
        self._pending: list[tuple[Write, asyncio.Future[Written]]] = []
        self._wake = asyncio.Event()
        self._hints = HintSender()
        self.send = self._hints.post
        """Tells browsers what has changed, without waiting."""
        self._away_since: float | None = None

    async def put(self, write: Write) -> Written:
        """Make one write durable together with whatever else is ready."""
        future: asyncio.Future[Written] = asyncio.get_running_loop().create_future()
        self._pending.append((write, future))
        self._wake.set()
        return await future

    async def run(self) -> None:
        """Commit batches until cancelled; raises `CellDeclaredDead` when the lease is gone."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            while self._pending:
                await self._commit(self._take_batch())

    def _take_batch(self) -> list[tuple[Write, "asyncio.Future[Written]"]]:
        """Take what waits, one write of each attempt: what a coroutine that was cut off left behind must not pass for that of its
        successor, nor the other way round."""
        batch, rest = dict[int, tuple[Write, asyncio.Future[Written]]](), []
        for item in self._pending:
            attempt_id = item[0].order.attempt_id
            if attempt_id in batch or len(batch) == MOST_IN_A_BATCH:
                rest.append(item)
            else:
                batch[attempt_id] = item
        self._pending = rest
        return list(batch.values())

    async def in_database(self, work: Callable[[], R]) -> R:
        """Run database work in the writer's thread, between batches; waits out a database that is away."""
        while True:
            try:
                done = await self._run(work)
            except (OperationalError, InterfaceError) as error:
                self._tell_outage(error)
                await asyncio.sleep(RETRY_S)
            else:
                self._tell_return()
                return done

    def close(self) -> None:
        """Let the thread end and its connection close."""
        self._thread.submit(lambda: connection.close())  # the thread's own connection, not the caller's
        self._thread.shutdown(wait=True)
        self._hints.close()

    def _tell_outage(self, error: Exception) -> None:
        """Log the first of all failures of an outage."""
        if self._away_since is None:
            self._away_since = time.monotonic()
            log.warning("The database does not answer, trying again until it does: %s", error)

    def _tell_return(self) -> None:
        if self._away_since is not None:
            log.warning("The database answers again after %.1f s", time.monotonic() - self._away_since)
            self._away_since = None
            self._on_return()

    async def _commit(self, batch: list[tuple[Write, asyncio.Future[Written]]]) -> None:
        writes = [write for write, _ in batch]
        try:
            results = await self.in_database(lambda: commit_batch(self.cell_id, writes, self.send))
        except Exception as error:  # a tool may raise anything; it must not take the other attempts with it
            await self._commit_singly(batch, error)
            return
        for (_, future), result in zip(batch, results, strict=True):
            if not future.done():
                future.set_result(result)

    async def _commit_singly(self, batch: list[tuple[Write, asyncio.Future[Written]]], error: Exception) -> None:
        """Find the one write that spoils the batch: it alone fails, with the error; the others are committed."""
        if len(batch) == 1:
            log.error("A write of attempt %s failed", batch[0][0].order.attempt_id, exc_info=error)
            if not batch[0][1].done():
                batch[0][1].set_exception(error)
            return
        for item in batch:
            await self._commit([item])

    async def _run(self, work: Callable[[], R]) -> R:
        return await asyncio.get_running_loop().run_in_executor(self._thread, _with_connection, work)


def _with_connection(work: Callable[[], R]) -> R:
    try:
        return work()
    except (OperationalError, InterfaceError):
        close_old_connections()
        connection.close()
        raise
