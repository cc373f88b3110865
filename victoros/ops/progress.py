"""Says on standard error what is being waited for, and how long it took. Standard library only."""

import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager


def tell(text: str) -> None:
    """Write one line."""
    print(text, file=sys.stderr, flush=True)


@contextmanager
def announce(title: str) -> Iterator[None]:
    """Show the title while the block runs, on a terminal with the seconds so far, and the time at the end."""
    begin, done = time.monotonic(), threading.Event()
    ticker = threading.Thread(target=_tick, args=(title, begin, done), daemon=True)
    ticker.start()
    try:
        yield
    finally:
        done.set()
        ticker.join()
        tell(f"{_line_start()}{title}: {time.monotonic() - begin:.1f} s")


def _tick(title: str, begin: float, done: threading.Event) -> None:
    """Renew the line once a second; where there is no terminal say once that it takes a while."""
    if not sys.stderr.isatty():
        tell(f"{title} ...")
        return
    while True:
        print(f"{_line_start()}{title} ... {time.monotonic() - begin:.0f} s", end="", file=sys.stderr, flush=True)
        if done.wait(1):
            return


def _line_start() -> str:
    """Return what clears the current line on a terminal."""
    return "\r\x1b[K" if sys.stderr.isatty() else ""
