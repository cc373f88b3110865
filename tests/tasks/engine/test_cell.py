"""A cell signs on once whatever becomes of the answer, and begins nothing while its lease may be gone."""

import asyncio
import os
import time
from pathlib import Path
from typing import Any

import pytest

from tasks.engine.cell import Cell, sign_on
from tasks.engine.presence import open_cell
from tasks.models import Cell as CellRow
from victoros.lib.hands import Hands
from victoros.lib.host import this_host


def test_no_tool_begins_while_the_lease_may_be_gone(tmp_path: Path) -> None:
    async def play() -> list[str]:
        cell, happened = Cell(slots=1), list[str]()
        cell._hands = Hands(tmp_path, 1)
        cell._renewed = time.monotonic() - 3600

        def act() -> dict[str, Any]:
            happened.append("act")
            return {}

        acting = asyncio.ensure_future(cell.in_thread(1, "act", act))
        await asyncio.sleep(0)
        happened.append("renewed")
        cell._renewed = time.monotonic()
        await acting
        return happened

    assert asyncio.run(play()) == ["renewed", "act"]


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
