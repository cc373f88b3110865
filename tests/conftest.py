"""Fixtures for all tests. The servers themselves are started by the plugin tests.servers, before settings are read."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from django.conf import settings
from django.utils import translation
from redis import Redis

from tests.running import RunningVictor, start_victor

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext

    from tests.browsers import Browsers

WAIT_MS = 20_000
"""How long a page is looked at before what it should show counts as missing. How fast it is, only `./victor bench` says."""


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


@pytest.fixture(autouse=True)
def back_to_english() -> Iterator[None]:
    """A request leaves its language behind in the thread: let no test read what another one spoke."""
    with translation.override("en"):
        yield


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings: None, victor_home: Path) -> None:
    """Keep the SQLite test database in a file: threads and other processes must see it too.

    PostgreSQL must not end the transaction around a whole test because the test thinks for longer than a cell may.
    """
    database = settings.DATABASES["default"]
    if database["ENGINE"].endswith("sqlite3"):
        database.setdefault("TEST", {})["NAME"] = str(victor_home / "test.sqlite3")
    else:
        database["OPTIONS"]["options"] += " -c idle_in_transaction_session_timeout=0"


@pytest.fixture
def running_victor(tmp_path: Path) -> Iterator[RunningVictor]:
    """A whole installation, started with `up` on a home, a port and a database of its own, without the model."""
    with start_victor(tmp_path / "home") as victor:
        yield victor


@pytest.fixture(scope="module")
def browsers() -> Iterator["Browsers"]:
    """A headless Chromium; for tests marked `browser`.

    Not for the whole session: while Playwright runs, this thread has a running event loop, in which no other test could
    begin one of its own.
    """
    from playwright.sync_api import expect, sync_playwright

    from tests.browsers import Browsers

    expect.set_options(timeout=WAIT_MS)
    with sync_playwright() as playwright, pytest.MonkeyPatch.context() as patch:
        # Playwright's synchronous interface runs an event loop in this very thread; Django would refuse the ORM here.
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
        browsers = Browsers(playwright)
        yield browsers
        browsers.stop()


@pytest.fixture
def browser_context(browsers: "Browsers") -> Iterator["BrowserContext"]:
    """A fresh browser profile for one test."""
    with browsers.open() as context:
        yield context


@pytest.fixture
def scriptless_context(browsers: "Browsers") -> Iterator["BrowserContext"]:
    """A fresh browser profile that runs no scripts."""
    with browsers.open(java_script_enabled=False) as context:
        yield context


@pytest.hookimpl(trylast=True)  # after the shuffle
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes minutes, so that at the end no process waits for another's last test.

    Fault runs are one group: they follow each other in one process, as two at a time leave no processor for what they judge.
    """
    items.sort(key=lambda item: item.get_closest_marker("faults") is None)


def pytest_collection_finish(session: pytest.Session) -> None:
    """Refuse to go on where groups of tests are asked for and not kept: they would disturb each other, and nobody knew why."""
    if not session.config.getoption("loadgroup", False):
        return
    for item in session.items:
        mark = item.get_closest_marker("xdist_group")
        if mark and not item.nodeid.endswith(f"@{mark.args[0]}"):
            raise pytest.UsageError(f"pytest-xdist does not keep the group of {item.nodeid}: see requirements/dev.in.")
