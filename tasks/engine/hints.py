"""Sending a cell's hints from a thread of its own: a commit does not wait for Redis, and many commits share one message."""

import threading

from victoros.lib import live

PAUSE_S = 0.02
"""How long hints are gathered after one was sent; a page repaints four times a second at most."""

MOST_PENDING = 20_000
"""Topics held back while Redis takes its time; what comes then is dropped, and pages find out by asking."""


class HintSender:
    """Sends the first hint at once and what follows within the next moments together. The newest version of a topic wins."""

    def __init__(self) -> None:
        self._pending: dict[str, int] = {}
        self._lock = threading.Lock()
        self._wake, self._closed = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._run, name="hints", daemon=True)

    def post(self, versions: dict[str, int]) -> None:
        """Send these topics soon. Called from the database's thread, once its transaction has committed."""
        with self._lock:
            if len(self._pending) < MOST_PENDING:  # else Redis is very slow; pages ask by themselves
                self._pending.update(versions)
            if not self._thread.is_alive() and not self._closed.is_set():
                self._thread.start()
        self._wake.set()

    def close(self) -> None:
        """Send what is left and end the thread."""
        self._closed.set()
        self._wake.set()
        if self._thread.is_alive():
            self._thread.join(3)

    def _run(self) -> None:
        while not self._closed.is_set():
            self._wake.wait()
            self._wake.clear()
            self._send()
            self._closed.wait(PAUSE_S)
        self._send()

    def _send(self) -> None:
        with self._lock:
            versions, self._pending = self._pending, {}
        if versions:
            live.publish(versions)
