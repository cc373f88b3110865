"""Fixtures of the tests that look at pages in a real Chromium, served by a real web process."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from django.conf import settings
from django.test import Client

from tests.agents.factories import make_user
from tests.browser.web import WebProcess, run_web

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Page

OpenPage = Callable[..., "Page"]


@pytest.fixture
def web(transactional_db: None, tmp_path: Path) -> Iterator[WebProcess]:
    """A web process on the test database."""
    with run_web(tmp_path) as process:
        yield process


@pytest.fixture
def operator(transactional_db: None) -> Any:
    """Somebody who may do everything."""
    return make_user(superuser=True)


@pytest.fixture
def open_page(web: WebProcess, browser_context: "BrowserContext", operator: Any) -> Iterator[OpenPage]:
    """Open an address as the operator; a script error or a breach of the content policy fails the test."""
    complaints: list[str] = []

    def go(path: str = "/", user: Any = None) -> "Page":
        browser_context.add_cookies([session_cookie(web.url, user or operator)])
        page = browser_context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda said: complaints.append(said.text) if is_breach(said.text) else None)
        page.goto(f"{web.url}{path}")
        return page

    yield go
    assert not complaints


def is_breach(text: str) -> bool:
    """Tell whether the browser complains about the content security policy."""
    return "Content Security Policy" in text


def session_cookie(url: str, user: Any) -> Any:
    """Sign `user` in and return the cookie that says so."""
    client = Client()
    client.force_login(user)
    name = settings.SESSION_COOKIE_NAME
    return {"name": name, "value": client.cookies[name].value, "url": url}
