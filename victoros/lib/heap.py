"""The C library's heap in processes that live for weeks: what nobody uses any more goes back to the system.

Python gives its own memory back; what lies below, of databases, sockets and long texts, keeps the highest mark it ever
reached. With glibc only; elsewhere nothing is done, and nothing is known to be needed.
"""

import ctypes
import threading
import time

TIDY_S = 60.0
_ARENA_MAX = -8
"""`M_ARENA_MAX` of glibc's malloc.h."""
_libc = ctypes.CDLL(None)


def share_one() -> bool:
    """Let all threads of this process, and of those forked from it, share one heap; call before there are any.

    Each would else get a heap of its own, with free room that no other uses. Returns whether the C library knows how.
    """
    return hasattr(_libc, "mallopt") and hasattr(_libc, "malloc_trim") and bool(_libc.mallopt(_ARENA_MAX, 1))


def give_back() -> bool:
    """Give back the pages that hold nothing; takes half a millisecond. Returns whether there were any."""
    return hasattr(_libc, "malloc_trim") and bool(_libc.malloc_trim(0))


def tidy_in_background() -> None:
    """Give back what nobody uses, now and then, in a thread of its own."""
    threading.Thread(target=_tidy_for_ever, name="heap", daemon=True).start()


def _tidy_for_ever() -> None:
    while True:
        time.sleep(TIDY_S)
        give_back()
