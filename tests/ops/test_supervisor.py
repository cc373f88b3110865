"""Whose fault an end is: what the supervisor holds against a process, with real children and a real queue server."""

import io
import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from victoros.ops.console import Console
from victoros.ops.home import Home
from victoros.ops.messenger import Messenger
from victoros.ops.services import Service
from victoros.ops.signals import Signals
from victoros.ops.supervisor import Supervisor
from victoros.ops.watched import MANY_DEATHS, Watched

NOBODY = "redis://127.0.0.1:1/0"


def sleep_long() -> None:
    """Be a process that does not hear signals yet."""
    time.sleep(60)


def give_up() -> None:
    """Be a worker that could not reach its queue server."""
    raise SystemExit(1)


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    """A state folder of this test."""
    home = Home(tmp_path)
    yield home
    home.lock.close()


def supervise(home: Home, run: Callable[[], object], redis_url: str) -> tuple[Supervisor, Watched]:
    """Keep one worker running; nothing else."""
    supervisor = Supervisor(home, Console(io.StringIO()), Signals(), Messenger(redis_url, home.path))
    supervisor.start(Service("cell-1", run, "work", registers_in_queue=True))
    return supervisor, supervisor.watched["cell-1"]


def live_through(supervisor: Supervisor, watched: Watched) -> None:
    """Wait for the present process to end, and be ready to start the next one at once."""
    gone = watched.pid
    while watched.pid == gone:
        supervisor.tick(0.02)
    watched.restart_at = time.monotonic()


def end_often(supervisor: Supervisor, watched: Watched, hurt: Callable[[int], object]) -> None:
    """Let it end as often as would make it one that keeps dying."""
    for _ in range(MANY_DEATHS):
        while not watched.pid:
            supervisor.tick(0.02)
        hurt(watched.pid)
        live_through(supervisor, watched)


def said(supervisor: Supervisor) -> str:
    """Return what its console wrote."""
    assert isinstance(supervisor.console.stream, io.StringIO)
    return supervisor.console.stream.getvalue()


def test_a_worker_whose_queue_server_is_away_is_told_but_not_held_to_keep_dying(home: Home) -> None:
    supervisor, watched = supervise(home, give_up, NOBODY)
    end_often(supervisor, watched, lambda pid: None)
    assert (len(watched.deaths), watched.keeps_dying) == (0, False)
    assert said(supervisor).count("ended with code 1. Starting again in 0.2 s") == MANY_DEATHS


def test_a_worker_that_ends_while_its_queue_server_answers_keeps_dying(home: Home, valkey_url: str) -> None:
    supervisor, watched = supervise(home, give_up, valkey_url)
    end_often(supervisor, watched, lambda pid: None)
    assert watched.keeps_dying


def test_a_worker_that_is_killed_keeps_dying_whatever_its_queue_server_does(home: Home) -> None:
    supervisor, watched = supervise(home, sleep_long, NOBODY)
    end_often(supervisor, watched, lambda pid: os.kill(pid, signal.SIGKILL))
    assert watched.keeps_dying


def test_a_worker_that_was_asked_to_leave_may_die_of_it(home: Home, valkey_url: str) -> None:
    supervisor, watched = supervise(home, sleep_long, valkey_url)

    def ask_to_leave(pid: int) -> None:
        watched.is_leaving = True
        os.kill(pid, signal.SIGTERM)

    end_often(supervisor, watched, ask_to_leave)
    assert len(watched.deaths) == 0
    assert "killed" not in said(supervisor)
