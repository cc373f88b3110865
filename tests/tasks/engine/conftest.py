"""Processes that stand for cells."""

import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta

import pytest

from tasks.models import Cell
from victoros.lib.clock import Now, now_plus
from victoros.lib.host import this_host


@pytest.fixture
def sleeper() -> Iterator[subprocess.Popen[bytes]]:
    """A process that does nothing until it is ended."""
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        yield process
        process.kill()


def make_cell(pid: int, *, silent_s: float, age_s: float = 60, **fields: object) -> Cell:
    """Make the row of a cell whose heart beat last so long ago, by the database's clock."""
    cell = Cell.objects.create(**{"host": this_host(), "pid": pid, **fields})
    Cell.objects.filter(pk=cell.pk).update(
        started_at=now_plus(timedelta(seconds=-age_s)) if age_s else Now(),
        heartbeat_at=now_plus(timedelta(seconds=-silent_s)),
    )
    return cell
