"""Learning that processes which are not our children have ended."""

import os
import select
import time
from collections.abc import Iterable
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path

import psutil

_STATE, _END = 0, 49
"""Places in a line of `/proc/PID/stat`, behind the name."""
LOOK_S = 0.25
"""How long to wait between two looks where the kernel gives no word."""


def is_gone(pid: int) -> bool:
    """Tell whether no process has this number any more; one that only waits to be buried by its parent counts as gone."""
    try:
        return psutil.Process(pid).status() in (psutil.STATUS_ZOMBIE, psutil.STATUS_DEAD)
    except psutil.NoSuchProcess:
        return True
    except psutil.Error:
        return False


def began_after(pid: int, moment: datetime) -> bool:
    """Tell whether the process of this number began after a moment, so that it is another one than had the number then."""
    try:
        return psutil.Process(pid).create_time() > moment.timestamp()
    except psutil.Error:
        return False


def read_end(pid: int) -> int | None:
    """Return how a process ended that its parent has not buried yet, as `waitpid` will tell it; None when nobody can know.

    The kernel tells it to the same user (Linux). To others it says 0, so that an end in order is told by the parent alone.
    """
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return int(fields[_END]) or None if fields[_STATE] == "Z" else None


def await_death(pids: Iterable[int], seconds: float) -> None:
    """Wait so long, or until one of these processes ends; costs nothing meanwhile.

    The kernel gives word where it can (Linux). Elsewhere this waits for `LOOK_S` at most, and whoever calls looks again.
    """
    with ExitStack() as stack:
        poll = select.poll()
        for pid in pids:
            try:
                fd = os.pidfd_open(pid)
            except ProcessLookupError:
                return
            except (OSError, AttributeError):
                time.sleep(min(seconds, LOOK_S))
                return
            stack.callback(os.close, fd)
            poll.register(fd, select.POLLIN)
        poll.poll(seconds * 1000)
