"""What this process knows of a server that is away: told once, and nobody has to find out for himself."""

import logging
import threading
import time
from collections.abc import Callable

log = logging.getLogger(__name__)

PAUSES_S = (0.1, 0.2, 0.4, 0.8)
"""Between the looks whether it is back; the last one holds for all later looks."""


class Outage:
    """One server. After a failure a thread looks whether it is back; until then everybody else may save himself the wait."""

    def __init__(self, name: str, look: Callable[[], bool]) -> None:
        """`look` tells whether the server answers; it must come to an end by itself and may raise nothing."""
        self.name = name
        self._look = look
        self._lock = threading.Lock()
        self._began: float | None = None
        self._looker: threading.Thread | None = None

    @property
    def is_on(self) -> bool:
        """Whether the server is known to be away."""
        if self._began is None:
            return False
        if self._looker is None or not self._looker.is_alive():  # this process was forked during the outage
            self._start_looking()
        return True

    def begin(self, why: object) -> None:
        """Take note that the server does not answer; logged once an outage."""
        with self._lock:
            if self._began is not None:
                return
            self._began = time.monotonic()
        log.warning("%s does not answer: %s", self.name, " ".join(str(why).split()))
        self._start_looking()

    def end(self) -> None:
        """Take note that it answers."""
        with self._lock:
            began, self._began = self._began, None
        if began is not None:
            log.warning("%s is back after %.1f s.", self.name, time.monotonic() - began)

    def _start_looking(self) -> None:
        with self._lock:
            if self._looker is None or not self._looker.is_alive():
                self._looker = threading.Thread(target=self._wait_for_end, name=f"outage of {self.name}", daemon=True)
                self._looker.start()

    def _wait_for_end(self) -> None:
        looks = 0
        while self._began is not None:
            time.sleep(PAUSES_S[min(looks, len(PAUSES_S) - 1)])
            looks += 1
            if self._look():
                self.end()
