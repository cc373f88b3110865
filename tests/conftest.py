"""Fixtures for all tests. The servers themselves are started by the plugin tests.servers, before settings are read."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from django.conf import settings
from redis import Redis

from tests.running import RunningVictor, start_victor

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext

CHROMIUM_OPTIONS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="session")
def victor_home() -> Path:
    """The state folder of this test process."""
    return Path(os.environ["VICTOR_HOME"])


@pytest.fixture(scope="session")
def valkey_url() -> str:
    """The address of this test process's own Valkey."""
    return os.environ["VICTOR_REDIS_URL"]


@pytest.fixture(autouse=True)
def empty_valkey(valkey_url: str) -> Iterator[Redis]:
    """Give every test an empty Valkey."""
    with Redis.from_url(valkey_url) as redis:
        redis.flushall()
        yield redis


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings: None, victor_home: Path) -> None:
    """Keep the SQLite test database in a file: threads and other processes must see it too."""
    database = settings.DATABASES["default"]
    if database["ENGINE"].endswith("sqlite3"):
        database.setdefault("TEST", {})["NAME"] = str(victor_home / "test.sqlite3")


@pytest.fixture
def running_victor(tmp_path: Path) -> Iterator[RunningVictor]:
    """A whole installation, started with `up` on a home, a port and a database of its own, without the model."""
    with start_victor(tmp_path / "home") as victor:
        yield victor


@pytest.fixture(scope="module")
def chromium() -> Iterator["Browser"]:
    """A headless Chromium; for tests marked `browser`.

    Not for the whole session: while Playwright runs, this thread has a running event loop, in which no other test could
    begin one of its own.
    """
    from playwright.sync_api import sync_playwright

    from victoros.ops.chromium import find_chromium

    with sync_playwright() as playwright, pytest.MonkeyPatch.context() as patch:
        # Playwright's synchronous interface runs an event loop in this very thread; Django would refuse the ORM here.
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=CHROMIUM_OPTIONS)
        yield browser
        browser.close()


@pytest.fixture
def browser_context(chromium: "Browser") -> Iterator["BrowserContext"]:
    """A fresh browser profile for one test."""
    context = chromium.new_context()
    yield context
    context.close()
