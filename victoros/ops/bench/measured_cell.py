"""A cell in a thread of the bench's own process, which tells when a number of attempts have ended."""

import asyncio
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from tasks.engine.cell import Cell
from tasks.engine.driving import Driven
from victoros.lib.statements import go_by_index


class MeasuredCell(Cell):
    """The engine's cell with a stopwatch."""

    def __init__(self) -> None:
        super().__init__()
        self._left = 0
        self._all_ended = threading.Event()
        self.ended_at = 0.0
        self.is_open = threading.Event()

    def expect(self, number: int) -> None:
        """Begin to count ended attempts."""
        self._left = number
        self._all_ended.clear()

    def await_ended(self, timeout_s: float = 300) -> float:
        """Return when (by `time.perf_counter`) the last of them ended."""
        if not self._all_ended.wait(timeout_s):
            raise TimeoutError(f"{self._left} attempts have not ended within {timeout_s:.0f} s")
        return self.ended_at

    async def _claim_work(self) -> None:
        self.is_open.set()
        await super()._claim_work()

    def _forget(self, driven: Driven) -> None:
        super()._forget(driven)
        self._left -= 1
        if self._left == 0:
            self.ended_at = time.perf_counter()
            self._all_ended.set()


@contextmanager
def running_cell() -> Iterator[MeasuredCell]:
    """Run a cell in a thread until the block ends."""
    go_by_index()
    made: list[MeasuredCell] = []
    born = threading.Event()

    async def live() -> None:
        made.append(MeasuredCell())
        born.set()
        await made[0].run()

    thread = threading.Thread(target=lambda: asyncio.run(live()), daemon=True)
    thread.start()
    born.wait(10)
    made[0].is_open.wait(10)
    try:
        yield made[0]
    finally:
        made[0].drain("the bench is over")
        thread.join(15)
