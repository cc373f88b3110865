"""A cell signs on once whatever becomes of the answer, and begins nothing while its lease may be gone."""

import asyncio
import os
import threading
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tasks.engine import driving
from tasks.engine.cell import AGAIN_S, Cell, sign_on
from tasks.engine.claims import Taken
from tasks.engine.driving import Driver
from tasks.engine.presence import open_cell
from tasks.models import Cell as CellRow
from victoros.lib.hands import Hands
from victoros.lib.host import this_host

ORDER: Any = SimpleNamespace(attempt_id=1, fence=1)


def test_no_tool_begins_while_the_lease_may_be_gone(tmp_path: Path) -> None:
    async def play() -> list[str]:
        cell, happened = Cell(slots=1), list[str]()
        cell._hands = Hands(tmp_path, 1)
        cell._renewed = time.monotonic() - 3600

        def act() -> dict[str, Any]:
            happened.append("act")
            return {}

        acting = asyncio.ensure_future(cell.in_thread(ORDER, "act", act))
        await asyncio.sleep(0)
        happened.append("renewed")
        cell._renewed = time.monotonic()
        await acting
        return happened

    assert asyncio.run(play()) == ["renewed", "act"]


def test_a_cell_tells_of_the_tools_it_leaves_at_work(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    over = threading.Event()

    def act() -> dict[str, Any]:
        over.wait(20)
        return {}

    async def play() -> None:
        cell = Cell(slots=1)
        cell._hands = Hands(tmp_path, 1)
        acting = asyncio.ensure_future(cell.in_thread(ORDER, "act", act))
        while not cell._hands.in_threads:
            await asyncio.sleep(0.001)
        cell._leave_tools()
        assert "leaves 1 at work in threads behind" in caplog.text
        caplog.clear()
        over.set()
        await acting
        cell._leave_tools()

    with caplog.at_level("INFO"):
        asyncio.run(play())
    assert "behind" not in caplog.text


@pytest.mark.django_db
def test_signing_on_again_leaves_one_living_cell_of_the_process() -> None:
    first = open_cell(5, 7)
    second = sign_on(5, 7)
    assert dict(CellRow.objects.values_list("pk", "status")) == {first: "dead", second: "alive"}


@pytest.mark.django_db
def test_signing_on_leaves_cells_of_other_processes_alone() -> None:
    elsewhere = CellRow.objects.create(host="elsewhere", pid=os.getpid())
    other = CellRow.objects.create(host=this_host(), pid=1)
    sign_on(5, 7)
    assert set(CellRow.objects.filter(status="alive").values_list("pk", flat=True)) > {elsewhere.pk, other.pk}


def test_a_cell_whose_claim_others_kept_from_everything_looks_again_soon_and_not_for_ever(settings: Any) -> None:
    cell, rests = Cell(slots=1), list[float]()
    for _ in range(2 * (len(AGAIN_S) + 1)):
        cell._in_vain += 1
        rests.append(cell._rest_s())
    first, second = rests[: len(AGAIN_S) + 1], rests[len(AGAIN_S) + 1 :]
    assert first == second
    assert first[-1] == settings.VICTOR_LOOK_S
    assert sorted(first[:-1]) == first[:-1]
    assert sum(first[:-1]) < 0.3


@pytest.mark.parametrize("is_told", [True, False])
def test_a_cell_that_is_told_to_end_while_it_claims_begins_nothing_of_it(
    monkeypatch: pytest.MonkeyPatch, is_told: bool
) -> None:
    async def play() -> tuple[bool, list[int]]:
        cell, begun = Cell(slots=1), list[int]()

        async def claim(work: Any) -> Taken:
            if is_told:
                cell.drain("it was told to")
            return Taken([SimpleNamespace(attempt_id=7)])  # type: ignore[list-item]

        monkeypatch.setattr(cell, "_writer", SimpleNamespace(in_database=claim, send=None), raising=False)
        monkeypatch.setattr(cell, "_start", lambda order, alone: begun.append(order.attempt_id))
        return await cell._claim_once(), begun

    assert asyncio.run(play()) == ((False, []) if is_told else (True, [7]))


class Waits(Driver):
    """Drives nothing: each order waits for its own sign."""

    def __init__(self, home: Path) -> None:
        super().__init__()
        self._hands = Hands(home, 1)
        self.signs: dict[int, asyncio.Event] = {}

    async def _drive(self, order: Any) -> None:
        await self.signs.setdefault(order.fence, asyncio.Event()).wait()


@pytest.mark.parametrize("alone", [True, False])
def test_a_suspect_is_one_until_it_finished_a_step_or_left(tmp_path: Path, alone: bool) -> None:
    suspect: Any = SimpleNamespace(attempt_id=7, fence=1, is_suspect=True, swarm=SimpleNamespace(id=3))

    async def play() -> None:
        driver = Waits(tmp_path)
        watched, other = driver._suspects, driver._suspects_beside
        if not alone:
            watched, other = other, watched
        driver._start(suspect, alone=alone)
        assert (watched, other) == ({7}, set())
        driver._look.clear()
        driver._acquit(7)
        assert not watched
        assert driver._look.is_set()
        driver._start(suspect, alone=alone)
        assert watched == {7}
        await asyncio.sleep(0)
        driver.signs[1].set()
        await asyncio.sleep(0.01)
        assert not watched
        assert not driver._driven

    asyncio.run(play())


@pytest.mark.parametrize("alone", [True, False])
def test_a_suspect_whose_step_takes_long_is_trusted_after_a_while(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, alone: bool
) -> None:
    monkeypatch.setattr(driving, "TRUSTED_AFTER_S", 0.05)

    def suspect(fence: int) -> Any:
        return SimpleNamespace(attempt_id=7, fence=fence, is_suspect=True, swarm=SimpleNamespace(id=3))

    async def play() -> None:
        driver = Waits(tmp_path)
        watched = driver._suspects if alone else driver._suspects_beside
        driver._start(suspect(1), alone=alone)
        monkeypatch.setattr(driving, "TRUSTED_AFTER_S", 5.0)
        driver._start(suspect(2), alone=alone)  # it left, and was taken up again: its time begins anew
        await asyncio.sleep(0.1)
        assert watched == {7}
        monkeypatch.setattr(driving, "TRUSTED_AFTER_S", 0.05)
        driver._start(suspect(3), alone=alone)
        driver._look.clear()
        await asyncio.wait_for(driver._look.wait(), 5)
        assert not watched
        for sign in driver.signs.values():
            sign.set()
        await asyncio.sleep(0.01)

    asyncio.run(play())


def test_an_attempt_that_left_and_was_taken_up_again_at_once_is_still_driven(tmp_path: Path) -> None:
    def order(fence: int) -> Any:
        return SimpleNamespace(attempt_id=7, fence=fence, is_suspect=False, swarm=SimpleNamespace(id=3))

    async def play() -> None:
        driver = Waits(tmp_path)
        driver._start(order(1), alone=True)
        driver._paused[7] = "paused"
        driver._start(order(2), alone=True)  # before the loop came to hear that the first one left
        assert await driver.gate(7) == ""
        await asyncio.sleep(0)
        driver.signs[1].set()
        await asyncio.sleep(0.01)
        assert [driven.order.fence for driven in driver._driven.values()] == [2]
        assert driver._held[3] == 1
        assert driver._busy.is_set()
        driver.signs[2].set()
        await asyncio.sleep(0.01)
        assert not driver._driven
        assert driver._held[3] == 0
        assert not driver._busy.is_set()

    asyncio.run(play())
