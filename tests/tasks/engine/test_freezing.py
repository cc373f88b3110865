"""Silent cells of this host are ended; all others are left alone."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psutil
import pytest
import time_machine
from django.utils import timezone
from pytest_django import Settings

from tasks.engine.freezing import TOLD_S, VanishedCells, end_frozen_cells
from tasks.models import Cell
from tests.running import ROOT, wait_until
from victoros.lib.clock import Now, now_plus
from victoros.lib.hands import note_end, read_leavings
from victoros.lib.host import this_host

pytestmark = pytest.mark.django_db

MARKED = """
import sys
from pathlib import Path
from victoros.lib.hands import Hands
hands = Hands(Path(sys.argv[1]), 1)
input()
"""


@pytest.fixture
def sleeper() -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        yield process
        process.kill()


def make_cell(pid: int, *, silent_s: float, age_s: float = 60, **fields: object) -> Cell:
    cell = Cell.objects.create(**{"host": this_host(), "pid": pid, **fields})
    Cell.objects.filter(pk=cell.pk).update(
        started_at=now_plus(timedelta(seconds=-age_s)) if age_s else Now(),
        heartbeat_at=now_plus(timedelta(seconds=-silent_s)),
    )
    return cell


@pytest.mark.parametrize("status", ["alive", "draining", "dead"])
def test_a_silent_cell_is_killed(sleeper: "subprocess.Popen[bytes]", status: str) -> None:
    make_cell(sleeper.pid, silent_s=60, age_s=0, status=status, ended_at=timezone.now() if status == "dead" else None)
    assert end_frozen_cells() == 1
    assert sleeper.wait(20) == -9


@pytest.mark.parametrize(
    "fields",
    [
        {"silent_s": 0, "age_s": 0},
        {"silent_s": 60, "age_s": 0, "host": "elsewhere"},
        {"silent_s": 60, "age_s": 0, "status": "ended"},
        {"silent_s": 60, "age_s": 3600},
    ],
    ids=["it beats", "another host's", "it has ended", "the number belongs to a younger process"],
)
def test_others_are_left_alone(sleeper: "subprocess.Popen[bytes]", fields: dict[str, object]) -> None:
    make_cell(sleeper.pid, **fields)  # type: ignore[arg-type]
    assert end_frozen_cells() == 0
    assert sleeper.poll() is None


def test_a_process_that_has_a_younger_cell_that_beats_is_left_alone(sleeper: "subprocess.Popen[bytes]") -> None:
    make_cell(sleeper.pid, silent_s=60, age_s=0, status="dead", ended_at=timezone.now())
    make_cell(sleeper.pid, silent_s=0, age_s=0)
    assert end_frozen_cells() == 0
    assert sleeper.poll() is None


def test_a_process_that_is_gone_is_no_fault(sleeper: "subprocess.Popen[bytes]") -> None:
    sleeper.kill()
    sleeper.wait(20)
    make_cell(sleeper.pid, silent_s=60, age_s=0)
    assert end_frozen_cells() == 0


@pytest.mark.parametrize("hours", [-1, 1], ids=["behind", "ahead"])
def test_a_wrong_clock_neither_spares_a_silent_cell_nor_ends_another(
    sleeper: "subprocess.Popen[bytes]", hours: int
) -> None:
    young = make_cell(sleeper.pid, silent_s=60, age_s=3600)
    with time_machine.travel(datetime.now(UTC) + timedelta(hours=hours), tick=True):
        assert end_frozen_cells() == 0
        young.delete()
        make_cell(sleeper.pid, silent_s=60, age_s=0)
        assert end_frozen_cells() == 1
    assert sleeper.wait(20) == -9


def test_a_cell_whose_end_was_told_is_buried_at_the_first_look(tmp_path: Path, settings: Settings) -> None:
    settings.VICTOR_HOME = tmp_path
    marked = [sys.executable, "-c", MARKED, str(tmp_path)]
    with subprocess.Popen(marked, stdin=subprocess.PIPE, cwd=ROOT) as process:
        cell = make_cell(process.pid, silent_s=0, pk=1)
        wait_until(lambda: read_leavings(tmp_path, process.pid))
        assert VanishedCells().bury() == 0
        process.kill()
    note_end(tmp_path, process.pid, signal.SIGKILL)
    assert [VanishedCells().bury(), VanishedCells().bury()] == [1, 0]
    cell.refresh_from_db()
    assert (cell.status, "SIGKILL" in cell.reason) == ("dead", True)


def test_a_cell_whose_end_stays_untold_is_buried_after_a_moment(sleeper: "subprocess.Popen[bytes]") -> None:
    gone, living = make_cell(sleeper.pid, silent_s=0), make_cell(os.getpid(), silent_s=0)
    elsewhere = make_cell(sleeper.pid, silent_s=0, host="elsewhere")
    look = VanishedCells().bury
    assert look() == 0
    sleeper.kill()
    wait_until(lambda: psutil.Process(sleeper.pid).status() == psutil.STATUS_ZOMBIE)
    assert [look(), look()] == [0, 0]
    time.sleep(TOLD_S)
    assert [look(), look()] == [1, 0]
    states = dict(Cell.objects.values_list("pk", "status"))
    assert states == {gone.pk: "dead", living.pk: "alive", elsewhere.pk: "alive"}
