"""How processes end, in words, and what that says about whose doing it was."""

import os
import signal

from victoros.lib.hands import Leaving

DEAD_LIST = "victor:dead"
"""Redis list on which workers and supervisors report processes they saw die, as JSON `{"host", "pid", "left"}`; `left` are
`Leaving`s."""

CRASHES = {signal.SIGSEGV, signal.SIGABRT, signal.SIGBUS, signal.SIGILL, signal.SIGFPE}
"""Signals that a process brings upon itself: nobody outside sends them."""


def has_crashed(left: Leaving) -> bool:
    """Tell whether the process itself did what ended it, by code that may have belonged to any of its attempts."""
    return left.status is not None and os.WIFSIGNALED(left.status) and os.WTERMSIG(left.status) in CRASHES


def was_its_own_doing(left: Leaving) -> bool:
    """Tell whether the process ended by what it executed: it crashed, left, or was ended for it, and left word why.

    A SIGKILL without a word comes from outside, as far as anybody can tell; so may an end that nobody saw.
    """
    return bool(left.note) or not (left.status is None or _was_killed(left.status))


def find_suspects(left: Leaving) -> list[int]:
    """Return the attempts whose code may have ended the process.

    When the end came from outside most threads only waited for an answer, and are not suspected. What the event loop
    executed is, for code can do it to its own process.
    """
    all_of_them = was_its_own_doing(left)
    return [number for number, name in left.in_hand.items() if all_of_them or not name]


def _was_killed(status: int) -> bool:
    return os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL


def tell_end(left: Leaving) -> str:
    """Return in words how a process ended, as far as it is known."""
    return left.note or (tell_status(left.status) if left.status is not None else "")


def tell_status(status: int) -> str:
    """Return a status of `waitpid` in words."""
    code = os.waitstatus_to_exitcode(status)
    if code >= 0:
        return f"it ended with code {code}"
    try:
        return f"it was killed by {signal.Signals(-code).name}"
    except ValueError:
        return f"it was killed by signal {-code}"
