"""A process that was frozen past its lease finds that its work belongs to others, and writes nothing."""

import os
import signal

import psutil
import pytest

from audit.models import Entry
from tasks.models import Cell, Step
from tests.faults.conftest import Playing, all_are, busy_cells
from tests.running import wait_until

pytestmark = [pytest.mark.faults, pytest.mark.timeout(90)]


def is_gone(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def test_a_thawed_zombie_writes_nothing(playing: Playing) -> None:
    tasks = playing.give(30, steps=4)
    with playing.crew(cells=2, VICTOR_LEASE_S="1.5", VICTOR_HEARTBEAT_S="0.3"):
        wait_until(lambda: Step.objects.exists() and busy_cells(at_least=5))
        victim = busy_cells(at_least=5)[0]
        os.kill(victim.pid, signal.SIGSTOP)
        try:
            wait_until(lambda: Cell.objects.get(pk=victim.pk).status == "dead")
            wait_until(all_are(tasks, "completed"), 30)
            before = (Step.objects.count(), Entry.objects.filter(object_kind="task").count(), playing.server.count)
        finally:
            os.kill(victim.pid, signal.SIGCONT)
        wait_until(lambda: is_gone(victim.pid))
    assert (Step.objects.count(), Entry.objects.filter(object_kind="task").count(), playing.server.count) == before
    assert Cell.objects.get(pk=victim.pk).status == "dead"
    playing.check_nothing_lost_or_doubled(tasks)
