"""Silent cells of this host are ended; all others are left alone."""

import socket
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.utils import timezone

from tasks.engine.freezing import end_frozen_cells
from tasks.models import Cell
from victoros.lib.clock import Now, now_plus

pytestmark = pytest.mark.django_db


@pytest.fixture
def sleeper() -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        yield process
        process.kill()


def make_cell(pid: int, *, silent_s: float, age_s: float = 60, **fields: object) -> Cell:
    cell = Cell.objects.create(**{"host": socket.gethostname(), "pid": pid, **fields})
    Cell.objects.filter(pk=cell.pk).update(
        started_at=now_plus(timedelta(seconds=-age_s)) if age_s else Now(),
        heartbeat_at=now_plus(timedelta(seconds=-silent_s)),
    )
    return cell


@pytest.mark.parametrize("status", ["alive", "draining", "dead"])
def test_a_silent_cell_is_killed(sleeper: "subprocess.Popen[bytes]", status: str) -> None:
    make_cell(sleeper.pid, silent_s=60, age_s=0, status=status, ended_at=timezone.now() if status == "dead" else None)
    assert end_frozen_cells() == 1
    assert sleeper.wait(5) == -9


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


def test_a_process_that_is_gone_is_no_fault(sleeper: "subprocess.Popen[bytes]") -> None:
    sleeper.kill()
    sleeper.wait(5)
    make_cell(sleeper.pid, silent_s=60, age_s=0)
    assert end_frozen_cells() == 0
