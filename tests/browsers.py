"""The Chromium that tests of pages drive, and how its profiles are closed even when it does not answer any more."""

import os
import signal
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Error, Playwright

from victoros.ops.chromium import find_chromium

OPTIONS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
CLOSE_S = 30.0
"""How long a Chromium may take to close a profile (it takes some 50 ms)."""


class StuckBrowserWarning(UserWarning):
    """A Chromium did not answer and was ended; what the test found out stands."""


@dataclass
class Browsers:
    """A Chromium, and another in its place once it is gone.

    A Chromium that is asked to forget a profile while a page of it is leaving or its worker begins sometimes never answers, and
    Playwright waits for it without end.
    """

    playwright: Playwright
    close_s: float = CLOSE_S
    browser: Browser | None = None
    pid: int = 0

    def get(self) -> Browser:
        """Return a Chromium that answers."""
        if self.browser is None or not self.browser.is_connected():
            self.browser = self.playwright.chromium.launch(executable_path=find_chromium(), args=OPTIONS)
            self.pid = _find_pid(self.browser)
        return self.browser

    @contextmanager
    def open(self, **options: Any) -> Iterator[BrowserContext]:
        """Open a profile until the block ends; a Chromium that does not close it is ended, with a warning."""
        context = self.get().new_context(**options)
        try:
            yield context
        finally:
            self._bound(context.close)

    def stop(self) -> None:
        """End the Chromium."""
        if self.browser is not None:
            self._bound(self.browser.close)

    def _bound(self, close: Callable[[], None]) -> None:
        stuck = threading.Event()
        timer = threading.Timer(self.close_s, self._end, (stuck,))
        timer.start()
        try:
            close()
        except Error:
            if not stuck.is_set():
                raise
        finally:
            timer.cancel()
        if stuck.is_set():
            self.browser = None
            warnings.warn(
                StuckBrowserWarning(f"Chromium closed nothing within {self.close_s:g} s and was ended."), stacklevel=2
            )

    def _end(self, stuck: threading.Event) -> None:
        stuck.set()
        os.kill(self.pid, signal.SIGKILL)


def _find_pid(browser: Browser) -> int:
    said = browser.new_browser_cdp_session().send("SystemInfo.getProcessInfo")
    return next(int(one["id"]) for one in said["processInfo"] if one["type"] == "browser")
