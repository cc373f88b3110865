"""Signals as something a loop can wait for: asked to stop, or a child ended."""

import os
import select
import signal
from types import FrameType

STOP_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


class Signals:
    """Counts the requests to stop; wakes `wait` for every signal, the end of a child included."""

    def __init__(self) -> None:
        self.stop_requests = 0
        self._reader, self._writer = os.pipe()
        os.set_blocking(self._reader, False)
        os.set_blocking(self._writer, False)

    def install(self) -> None:
        """Take over the signals of this process."""
        signal.set_wakeup_fd(self._writer, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, _ignore)
        for number in STOP_SIGNALS:
            signal.signal(number, self._count)

    def wait(self, timeout_s: float) -> None:
        """Sleep until a signal comes or the time is over."""
        ready, _, _ = select.select([self._reader], [], [], max(timeout_s, 0))
        if ready:
            os.read(self._reader, 1024)

    @property
    def descriptors(self) -> tuple[int, int]:
        """What children must close."""
        return self._reader, self._writer

    def _count(self, number: int, frame: FrameType | None) -> None:
        self.stop_requests += 1


def _ignore(number: int, frame: FrameType | None) -> None:
    """Take the signal so that it wakes the loop; what ended is found by asking each child."""
