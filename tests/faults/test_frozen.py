"""A process of this host that does not answer is ended, so that no lock of it holds up the others."""

import os
import signal

import psutil
import pytest

from tasks.models import Step
from tests.faults.conftest import Playing, all_are, busy_cells
from tests.running import wait_until

pytestmark = [pytest.mark.faults, pytest.mark.xdist_group("faults"), pytest.mark.timeout(90)]


def is_gone(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def test_a_frozen_cell_of_this_host_is_ended_even_if_it_holds_the_lock(playing: Playing) -> None:
    tasks = playing.give(30, steps=4)
    with playing.crew(cells=2, VICTOR_LEASE_S="1.5", VICTOR_HEARTBEAT_S="0.3"):
        wait_until(lambda: Step.objects.exists() and busy_cells(at_least=5))
        victim = busy_cells(at_least=5)[0]
        os.kill(victim.pid, signal.SIGSTOP)
        wait_until(lambda: is_gone(victim.pid))
        wait_until(all_are(tasks, "completed"), 40)
    playing.check_nothing_lost_or_doubled(tasks)
