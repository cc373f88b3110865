"""Learning that processes which are not our children have ended."""

import os
import select
import time
from collections.abc import Iterable
from contextlib import ExitStack

import psutil

LOOK_S = 0.25
"""How long to wait between two looks where the kernel gives no word."""


def is_gone(pid: int) -> bool:
    """Tell whether no process has this number any more; one that only waits to be buried by its parent counts as gone."""
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True
    except psutil.Error:
        return False


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
