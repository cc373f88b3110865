"""The end of processes that are not our children."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator

import pytest

from tests.running import wait_until
from victoros.lib.deaths import LOOK_S, await_death, is_gone


@pytest.fixture
def sleeper() -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        yield process
        process.kill()


def test_a_process_is_gone_once_it_ended_whether_buried_or_not(sleeper: "subprocess.Popen[bytes]") -> None:
    assert not is_gone(sleeper.pid)
    sleeper.kill()
    wait_until(lambda: is_gone(sleeper.pid))
    sleeper.wait(20)
    assert is_gone(sleeper.pid)


def test_an_end_is_heard_at_once(sleeper: "subprocess.Popen[bytes]") -> None:
    threading.Timer(0.2, sleeper.kill).start()
    began = time.monotonic()
    await_death([os.getpid(), sleeper.pid], 60)
    assert time.monotonic() - began < 30
    assert is_gone(sleeper.pid)


def test_who_is_gone_already_is_not_waited_for(sleeper: "subprocess.Popen[bytes]") -> None:
    sleeper.kill()
    sleeper.wait(20)
    began = time.monotonic()
    await_death([sleeper.pid], 60)
    assert time.monotonic() - began < 30


def test_nobody_ends_and_the_wait_does() -> None:
    before = len(os.listdir("/proc/self/fd"))
    began = time.monotonic()
    await_death([os.getpid()], 0.3)
    assert 0.29 <= time.monotonic() - began < 30
    assert len(os.listdir("/proc/self/fd")) == before


def test_where_the_kernel_gives_no_word_the_wait_is_short(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(pid: int) -> int:
        raise PermissionError(pid)

    monkeypatch.setattr(os, "pidfd_open", refuse)
    began = time.monotonic()
    await_death([os.getpid()], 60)
    assert LOOK_S <= time.monotonic() - began < 30
