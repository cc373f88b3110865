"""Redis carries hints and hosts processes; losing it costs time and never work."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tasks.models import Cell, Step
from tests.faults.conftest import Playing, all_are, busy_cells
from tests.running import wait_until
from tests.servers import start_valkey
from victoros.ops.valkey import valkey_url

pytestmark = [pytest.mark.faults, pytest.mark.timeout(120)]


class Valkey:
    """A server of this test's own, to be killed and started again with nothing in it."""

    def __init__(self, socket_path: Path) -> None:
        self.socket_path, self.url = socket_path, valkey_url(socket_path)
        self.process = start_valkey(socket_path)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def start(self) -> None:
        self.process = start_valkey(self.socket_path)


@pytest.fixture
def valkey(tmp_path: Path) -> Iterator[Valkey]:
    server = Valkey(tmp_path / "own.sock")
    yield server
    server.kill()


def test_work_goes_on_while_redis_is_away_and_after_it_came_back_empty(playing: Playing, valkey: Valkey) -> None:
    tasks = playing.give(40, steps=4)
    with playing.crew(cells=2, VICTOR_REDIS_URL=valkey.url):
        wait_until(Step.objects.exists)
        valkey.kill()
        wait_until(all_are(tasks, "completed"), 30)
        while_away = playing.give(10, steps=2)
        wait_until(all_are(while_away, "completed"), 30)
        valkey.start()
        afterwards = playing.give(10, steps=2)
        wait_until(all_are(afterwards, "completed"), 30)


def test_cells_killed_after_redis_came_back_empty_are_replaced(playing: Playing, valkey: Valkey) -> None:
    with playing.crew(cells=2, VICTOR_REDIS_URL=valkey.url):
        valkey.kill()
        valkey.start()
        tasks = playing.give(60, steps=6)
        wait_until(lambda: len(busy_cells(at_least=3)) >= 1)
        for cell in Cell.objects.filter(status="alive"):
            os.kill(cell.pid, signal.SIGKILL)
        wait_until(all_are(tasks, "completed"), 60)
    playing.check_nothing_lost_or_doubled(tasks)
