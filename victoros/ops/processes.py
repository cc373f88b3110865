"""Forks, ends and finds the processes of `up`.

Children are forked from the supervisor after Django was loaded once, so that all share that memory and start at once.
Each leads a session of its own: Ctrl-C in the terminal reaches the supervisor only, and whatever a child leaves behind can
be found by the session.
"""

import ctypes
import gc
import os
import signal
import sys
import traceback
from collections.abc import Callable, Iterable
from pathlib import Path

import psutil
from setproctitle import setproctitle

from victoros.lib import heap

OWN_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCHLD)
PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None) if sys.platform == "linux" else None


def fork_child(name: str, run: Callable[[], object], log: Path, close: Iterable[int] = ()) -> int:
    """Run a function in a new process whose output goes to the log; return its pid.

    `close` are the supervisor's descriptors that the child must not keep.
    """
    tie_to_parent = end_with_parent(signal.SIGKILL)
    signal.pthread_sigmask(signal.SIG_BLOCK, OWN_SIGNALS)
    try:
        pid = os.fork()
        if pid == 0:
            _be_child(name, run, log, close, tie_to_parent)
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, OWN_SIGNALS)
    return pid


def _be_child(
    name: str, run: Callable[[], object], log: Path, close: Iterable[int], tie_to_parent: Callable[[], None]
) -> None:
    """Live the child's whole life; never return."""
    code = 1
    try:
        os.setsid()
        tie_to_parent()
        _forget_parent(close)
        _write_to(log)
        setproctitle(f"victor {name}")
        heap.share_one()
        run()
        code = 0
    except SystemExit as error:
        code = error.code if isinstance(error.code, int) else int(error.code is not None)
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def end_with_parent(number: signal.Signals) -> Callable[[], None]:
    """Return what a new process calls to be sent a signal when its parent is gone.

    Linux only; elsewhere the next `up` ends what was left.
    """
    parent = os.getpid()

    def ask_kernel() -> None:
        if _libc is not None:
            _libc.prctl(PR_SET_PDEATHSIG, number, 0, 0, 0)
        if os.getppid() != parent:
            os._exit(1)

    return ask_kernel


def _forget_parent(close: Iterable[int]) -> None:
    gc.enable()
    signal.set_wakeup_fd(-1)
    for number in OWN_SIGNALS:
        signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, OWN_SIGNALS)
    for descriptor in close:
        os.close(descriptor)


def _write_to(log: Path) -> None:
    nothing = os.open(os.devnull, os.O_RDONLY)
    output = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(nothing, 0)
    os.dup2(output, 1)
    os.dup2(output, 2)
    sys.stdin = open(0, closefd=False)  # noqa: SIM115 - this process's own standard streams
    sys.stdout = open(1, "w", buffering=1, closefd=False)  # noqa: SIM115
    sys.stderr = open(2, "w", buffering=1, closefd=False)  # noqa: SIM115


def reap(pid: int) -> int | None:
    """Return the exit code of a child that ended (negative: the signal that killed it); None while it lives."""
    try:
        ended, status = os.waitpid(pid, os.WNOHANG)
    except ChildProcessError:
        return -1
    return os.waitstatus_to_exitcode(status) if ended else None


def describe_exit(code: int) -> str:
    """Say in words how a process ended."""
    if code >= 0:
        return f"ended with code {code}"
    return f"was killed by {signal.Signals(-code).name}"


def send(pid: int, number: signal.Signals) -> None:
    """Signal one process, which may be gone already."""
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return


def started_at(pid: int) -> float:
    """Return when a process was made; together with the pid this names it for ever. Zero when it has ended."""
    try:
        process = psutil.Process(pid)
        return 0.0 if process.status() == psutil.STATUS_ZOMBIE else float(process.create_time())
    except psutil.NoSuchProcess:
        return 0.0


def kill_session(leader: int) -> list[int]:
    """Kill whatever still lives in the session that `leader` began; return the pids."""
    members = [pid for pid in psutil.pids() if _session_of(pid) == leader and started_at(pid)]
    for pid in members:
        send(pid, signal.SIGKILL)
    return members


def _session_of(pid: int) -> int:
    try:
        return os.getsid(pid)
    except (ProcessLookupError, PermissionError):
        return -1


def children_of(pid: int) -> set[int]:
    """Return the direct children, on Linux; elsewhere nothing, and a lease finds a dead cell some seconds later."""
    try:
        text = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    except OSError:
        return set()
    return {int(word) for word in text.split()}
