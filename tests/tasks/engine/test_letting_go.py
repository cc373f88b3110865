"""A cell says that it has let go of a run once nothing of it is under way in its loop or its threads."""

import asyncio
import threading
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from tasks.engine.cell import Cell
from tasks.engine.presence import Held, Hold
from tasks.recalls import note_let_go
from victoros.lib.hands import Hands


class LoopCell(Cell):
    """Drives in a real event loop, without a database: `held` says what that would answer, `said` what it was told."""

    def __init__(self, home: Path) -> None:
        super().__init__()
        self.id, self._hands = 1, Hands(home, 1)
        self.held, self.said = Held({}, {}), list[set[int]]()
        self._writer: Any = SimpleNamespace(in_database=self._answer)
        self.cut_off = asyncio.Event()

    async def _answer(self, work: Any) -> Any:
        if not isinstance(work, partial):
            return self.held
        assert work.func is note_let_go
        self.said.append(numbers_of(work.args[0]))
        return 1

    async def _drive(self, order: Any) -> None:
        try:
            if order.act:
                await self.in_thread(order, "act", order.act)
            await asyncio.Event().wait()
        finally:
            self.cut_off.set()


def numbers_of(recalls: Any) -> set[int]:
    """Return the numbers that a question asks for, without asking it."""
    (condition,) = recalls.query.where.children
    return set(condition.rhs)


def order_of(fence: int = 1, act: Any = None) -> Any:
    return SimpleNamespace(attempt_id=7, fence=fence, is_suspect=False, swarm=SimpleNamespace(id=3), act=act)


def hold(over: threading.Event) -> Any:
    """Return a tool's work that lasts until `over`."""

    def act() -> dict[str, Any]:
        over.wait(20)
        return {}

    return act


def test_a_cell_says_that_it_has_let_go_once_the_coroutine_has_ended(tmp_path: Path) -> None:
    async def play() -> None:
        cell = LoopCell(tmp_path)
        cell._start(order_of(), alone=True)
        await asyncio.sleep(0.01)
        cell.held = Held({}, {31: (7, 1)})
        await cell._check_held()
        assert cell.cut_off.is_set()
        assert cell.said == [{31}]

    asyncio.run(play())


def test_a_cell_says_nothing_while_a_tool_of_it_is_at_work_in_a_thread(tmp_path: Path) -> None:
    over = threading.Event()

    async def play() -> None:
        cell = LoopCell(tmp_path)
        cell._start(order_of(act=hold(over)), alone=True)
        while not cell._hands.in_threads:
            await asyncio.sleep(0.001)
        cell.held = Held({}, {31: (7, 1)})
        await cell._check_held()
        assert (cell.cut_off.is_set(), cell.said) == (True, [])
        over.set()
        while cell._hands.in_threads:
            await asyncio.sleep(0.001)
        await asyncio.sleep(0.01)
        await cell._check_held()
        assert cell.said == [{31}]

    asyncio.run(play())


def test_what_was_taken_up_again_here_is_not_cut_off_with_what_was_recalled(tmp_path: Path) -> None:
    async def play() -> None:
        cell = LoopCell(tmp_path)
        cell._start(order_of(fence=1), alone=True)
        await asyncio.sleep(0.01)
        first = cell._driven[7].coroutine
        cell._start(order_of(fence=4), alone=True)
        await asyncio.sleep(0.01)
        cell.held = Held({7: Hold(4, paused=False)}, {31: (7, 1)})
        await cell._check_held()
        assert first.done()
        assert cell.said == [{31}]
        assert not cell._driven[7].coroutine.done()
        cell._abandon()
        await asyncio.sleep(0.01)
        assert not cell._under_way

    asyncio.run(play())


def test_a_tool_of_the_next_run_does_not_keep_back_the_word_about_the_last(tmp_path: Path) -> None:
    over = threading.Event()

    async def play() -> None:
        cell = LoopCell(tmp_path)
        cell._start(order_of(fence=1), alone=True)
        await asyncio.sleep(0.01)
        cell._start(order_of(fence=4, act=hold(over)), alone=True)
        while not cell._hands.in_threads:
            await asyncio.sleep(0.001)
        cell.held = Held({7: Hold(4, paused=False)}, {31: (7, 1)})
        await cell._check_held()
        assert (cell.said, cell._owed) == ([{31}], set())
        over.set()
        cell._abandon()

    asyncio.run(play())
