"""Cells whose process is gone are buried without anybody reporting it."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from tasks.engine.vanishing import ASK_S, BUSY_S, TOLD_S, VanishedCells
from tasks.models import Cell
from tests.running import ROOT, wait_until
from tests.tasks.engine.conftest import make_cell
from victoros.lib.hands import note_end, read_leavings

pytestmark = pytest.mark.django_db

MARKED = """
import sys
from pathlib import Path
from victoros.lib.hands import Hands
hands = Hands(Path(sys.argv[1]), 1)
input()
"""


@contextmanager
def marked_process(home: Path) -> Iterator["subprocess.Popen[bytes]"]:
    """A process that has left marks as cell 1."""
    with subprocess.Popen([sys.executable, "-c", MARKED, str(home)], stdin=subprocess.PIPE, cwd=ROOT) as process:
        wait_until(lambda: read_leavings(home, process.pid))
        yield process


def test_a_cell_whose_end_was_told_is_buried_at_the_first_look(tmp_path: Path, settings: Settings) -> None:
    settings.VICTOR_HOME = tmp_path
    with marked_process(tmp_path) as process:
        cell = make_cell(process.pid, silent_s=0, pk=1)
        assert VanishedCells().bury() == 0
        process.kill()
    note_end(tmp_path, process.pid, signal.SIGKILL)
    look = VanishedCells().bury
    assert [look(), look(), VanishedCells().bury()] == [1, 0, 0]
    cell.refresh_from_db()
    assert (cell.status, "SIGKILL" in cell.reason) == ("dead", True)


def test_of_a_cell_whose_parent_is_busy_the_kernel_tells_the_end(tmp_path: Path, settings: Settings) -> None:
    settings.VICTOR_HOME = tmp_path
    with marked_process(tmp_path) as process:
        cell = make_cell(process.pid, silent_s=0, pk=1)
        look = VanishedCells().bury
        process.kill()
        wait_until(lambda: psutil.Process(process.pid).status() == psutil.STATUS_ZOMBIE)
        assert look() == 0
        time.sleep(BUSY_S)
        assert look() == 1
    cell.refresh_from_db()
    assert (cell.status, "SIGKILL" in cell.reason) == ("dead", True)


def test_a_cell_whose_end_stays_untold_is_buried_after_a_moment(sleeper: "subprocess.Popen[bytes]") -> None:
    gone, living = make_cell(sleeper.pid, silent_s=0), make_cell(os.getpid(), silent_s=0)
    elsewhere = make_cell(sleeper.pid, silent_s=0, host="elsewhere")
    look = VanishedCells().bury
    assert look() == 0
    sleeper.kill()
    wait_until(lambda: psutil.Process(sleeper.pid).status() == psutil.STATUS_ZOMBIE)
    with CaptureQueriesContext(connection) as queries:
        assert look() == 0
    assert len(queries) == 0
    assert [look(), look()] == [0, 0]
    time.sleep(TOLD_S)
    assert [look(), look()] == [1, 0]
    states = dict(Cell.objects.values_list("pk", "status"))
    assert states == {gone.pk: "dead", living.pk: "alive", elsewhere.pk: "alive"}


def test_a_cell_that_signs_on_is_looked_after_within_a_second(sleeper: "subprocess.Popen[bytes]") -> None:
    look = VanishedCells().bury
    assert look() == 0
    sleeper.kill()
    sleeper.wait(20)
    make_cell(sleeper.pid, silent_s=0)
    time.sleep(ASK_S)
    assert look() == 0
    time.sleep(TOLD_S)
    assert look() == 1


def test_the_wait_ends_with_the_first_process_that_does(sleeper: "subprocess.Popen[bytes]") -> None:
    make_cell(sleeper.pid, silent_s=0)
    make_cell(os.getpid(), silent_s=0)
    cells = VanishedCells()
    assert cells.bury() == 0
    sleeper.kill()
    began, turns = time.monotonic(), 0
    while not cells.bury() and turns < 50:
        cells.wait()
        turns += 1
    assert turns <= 8
    assert TOLD_S <= time.monotonic() - began < TOLD_S + ASK_S + 5


def test_the_wait_ends_when_others_may_have_signed_on() -> None:
    cells = VanishedCells()
    assert cells.bury() == 0
    began = time.monotonic()
    cells.wait()
    assert time.monotonic() - began >= ASK_S * 0.9
