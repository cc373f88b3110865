"""A Chromium for benches and fault runs that look at pages. Needs the development packages."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from victoros.lib.errors import Category, VictorError
from victoros.ops.chromium import ADVICE, find_chromium

OPTIONS = ("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking")
DESK: Any = {"width": 1440, "height": 900}


class NoBrowser(VictorError):
    """There is no Chromium, or nothing to drive it with."""

    category = Category.SYSTEM


@contextmanager
def browsing(browser: Any = None) -> Iterator[Any]:
    """Open a browser context, in a new Chromium unless `browser` is given; ends with the block."""
    if browser is not None:
        with browser.new_context(viewport=DESK) as context:
            yield context
        return
    path = find_chromium()
    if path is None:
        raise NoBrowser("There is no Chromium.", hint=ADVICE)
    from playwright.sync_api import sync_playwright

    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"  # Playwright keeps a loop running in this thread; Django would refuse
    with (
        sync_playwright() as playwright,
        playwright.chromium.launch(executable_path=path, args=list(OPTIONS)) as started,
    ):
        yield started.new_context(viewport=DESK)


def show_cookies(context: Any, url: str, cookies: dict[str, str]) -> None:
    """Let the browser hold these cookies for `url`."""
    context.add_cookies([{"name": name, "value": value, "url": url} for name, value in cookies.items()])
