"""Silent cells of this host are ended; all others are left alone."""

import subprocess
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.utils import timezone

from tasks.engine.freezing import end_frozen_cells
from tests.tasks.engine.conftest import make_cell

pytestmark = pytest.mark.django_db


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
