"""A cell's questions in line for a provider's limits: who may ask now, who waits a moment, who leaves as a row.

Places and turns come from the database in bulk (`tasks.engine.grants`), asked for only when somebody in line needs them. A
provider without limits has no line.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.conf import settings

from agents.llm.client import LlmClient
from agents.llm.errors import LlmLimited
from agents.llm.types import Connection, LlmAnswer, LlmRequest
from tasks.engine.grants import hold_provider, read_holds, settle
from tasks.engine.line import SPREAD_S, Line, MustWait, TooLate, Turn, Waiter, estimate_tokens

LOOK_S = 0.5
"""How often a cell with calls under way looks whether others need its places."""
PAUSE_S = 0.02
"""Wishes are gathered for so long."""

InDatabase = Callable[[Callable[[], Any]], Awaitable[Any]]
Admit = Callable[[], Awaitable[None]]


@dataclass(frozen=True)
class Hold:
    """A provider that asked not to be asked."""

    until: float
    """By this process's clock that only goes forward."""
    wake_at: datetime
    """By the database's."""


class Turns:
    """The lines of one cell. `move` runs beside whatever asks."""

    def __init__(self, in_database: InDatabase, cell_id: int) -> None:
        self._in_database, self._cell_id = in_database, cell_id
        self._lines: dict[int, Line] = {}
        self._holds: dict[int, Hold] = {}
        self._holds_known = float("-inf")
        """When they were last read. That is done when a question is put, once a second at most: who asks nothing needs none."""
        self._reading_holds = asyncio.Lock()
        self._spread = 0
        self._wake = asyncio.Event()

    async def ask(
        self, client: LlmClient, connection: Connection, request: LlmRequest, swarm_id: int, admit: Admit
    ) -> LlmAnswer:
        """Ask once it is this question's turn; raises `MustWait` when that is far away.

        A provider that wants to be left alone (429 with `Retry-After`) is left alone by all cells.
        """
        while True:
            turn = await self._take(connection, request, swarm_id)
            try:
                answer = await client.ask(connection, request, admit=partial(_use, turn, admit))
                if turn is not None:
                    turn.used = answer.tokens_in + answer.tokens_out
                return answer
            except TooLate:
                continue
            except LlmLimited as error:
                if error.retry_after_s and error.retryable and connection.provider_id:
                    await self._hold(connection.provider_id, error.retry_after_s)
                raise
            finally:
                if turn is not None:
                    self._end(connection.provider_id, turn)

    # --- one question --------------------------------------------------------------------------------------------------

    async def _take(self, connection: Connection, request: LlmRequest, swarm_id: int) -> Turn | None:
        await self._wait_out_hold(connection)
        if not connection.is_limited:
            return None
        line = self._lines.setdefault(connection.provider_id, Line(connection.provider_id, connection.max_concurrent))
        line.most = connection.max_concurrent
        waiter = Waiter(swarm_id, estimate_tokens(request), asyncio.get_running_loop().create_future())
        line.join(waiter)
        line.pass_on()
        if not waiter.turn.done():
            self._wake.set()
        try:
            return await waiter.turn
        except asyncio.CancelledError:
            line.leave(waiter)
            if waiter.turn.done() and not waiter.turn.cancelled() and waiter.turn.exception() is None:
                self._end(connection.provider_id, waiter.turn.result())
            raise

    async def _wait_out_hold(self, connection: Connection) -> None:
        while hold := await self._find_hold(connection.provider_id):
            left = hold.until - time.monotonic()
            if left <= 0:
                self._holds.pop(connection.provider_id, None)
            elif left <= settings.VICTOR_QUOTA_PATIENCE_S:
                await asyncio.sleep(left)
            else:
                self._spread += 1
                wake_at = hold.wake_at + timedelta(seconds=self._spread % 1000 * SPREAD_S)
                raise MustWait(wake_at, f"{connection.name} asked to be left alone for {left:.0f} s.")

    async def _find_hold(self, provider_id: int) -> Hold | None:
        """Return whether a provider must not be asked, as all cells together knew a second ago at the earliest."""
        if not provider_id:
            return None
        async with self._reading_holds:
            if time.monotonic() - self._holds_known > settings.VICTOR_LOOK_S:
                asked_at = time.monotonic()
                holds = await self._in_database(read_holds)
                self._holds = {pk: Hold(asked_at + left, until) for pk, left, until in holds}
                self._holds_known = asked_at
        return self._holds.get(provider_id)

    def _end(self, provider_id: int, turn: Turn) -> None:
        line = self._lines[provider_id]
        line.end(turn)
        line.pass_on()
        if line.by_swarm and line.busy < line.places and time.monotonic() >= line.quiet_until:
            self._wake.set()

    async def _hold(self, provider_id: int, seconds: float) -> None:
        until = time.monotonic() + seconds
        wake_at = await self._in_database(lambda: hold_provider(provider_id, seconds))
        self._holds[provider_id] = Hold(until, wake_at)

    # --- keepers -------------------------------------------------------------------------------------------------------

    async def move(self) -> None:
        """Ask the database for what the lines need, until cancelled; raises `CellDeclaredDead` when the lease is gone."""
        while True:
            await self._await_need()
            await asyncio.sleep(PAUSE_S)
            self._wake.clear()
            lines = [line for line in self._lines.values() if not line.is_idle]
            wishes = [line.wish() for line in lines]
            granted = await self._in_database(partial(settle, self._cell_id, wishes))
            for line in lines:
                line.receive(granted[line.provider_id])
                line.pass_on()

    async def _await_need(self) -> None:
        """Return when a question waits for the database's word, or when it is time to look whether others need places."""
        busy = [line for line in self._lines.values() if not line.is_idle]
        now = time.monotonic()
        quiet = [line.quiet_until - now for line in busy if line.by_swarm and line.quiet_until > now]
        look = min([LOOK_S, *quiet]) if busy else None
        try:
            async with asyncio.timeout(look):
                await self._wake.wait()
        except TimeoutError:
            return


async def _use(turn: Turn | None, admit: Admit) -> None:
    await admit()
    if turn is not None:
        turn.begin()
