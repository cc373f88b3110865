"""The end of processes that are not our children."""

import os
import resource
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator

import pytest

from tests.running import wait_until
from victoros.lib.deaths import LOOK_S, await_death, is_gone, read_end


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


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSEGV, 0], ids=["killed", "crashed", "left"])
def test_how_a_process_ended_is_known_until_its_parent_buries_it(number: int) -> None:
    code = f"import os; os.kill(os.getpid(), {number})" if number else "import os; os._exit(7)"
    with subprocess.Popen([sys.executable, "-c", code], preexec_fn=_no_core) as process:
        wait_until(lambda: is_gone(process.pid))
        end = read_end(process.pid)
        assert process.wait(20) == os.waitstatus_to_exitcode(end or 0)
        assert end == (number or 7 << 8)
        assert read_end(process.pid) is None


def test_of_one_that_lives_or_ended_in_order_nothing_is_told(sleeper: "subprocess.Popen[bytes]") -> None:
    assert read_end(sleeper.pid) is None
    sleeper.communicate(b"\n")
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        wait_until(lambda: is_gone(process.pid))
        assert read_end(process.pid) is None


def _no_core() -> None:
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


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
