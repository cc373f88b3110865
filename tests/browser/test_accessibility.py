"""Pages as axe-core judges them (WCAG 2.2 A and AA, best practices): light and dark, phone, tablet and desk, full and empty."""

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.db import connection
from django.urls import reverse
from playwright.sync_api import Page

from tests.browser.conftest import OpenPage
from tests.browser.crawl import list_pages
from tests.browser.world import make_world

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.timeout(900)]

WIDTHS = (360, 768, 1440)
LOOKS = ("light", "dark")


def faults_of(page: Page) -> list[str]:
    """Return what axe finds: rule, what it means, and the first places."""
    found: list[Any] = Axe().run(page).response["violations"]
    return [f"{one['id']}: {one['help']} {[node['html'][:160] for node in one['nodes'][:3]]}" for one in found]


def judge(page: Page, paths: list[str], look: str, width: int) -> dict[str, list[str]]:
    """Open each address and return the faults of those that have any."""
    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(color_scheme=look, reduced_motion="reduce")  # type: ignore[arg-type]
    site = "/".join(page.url.split("/", 3)[:3])
    faults: dict[str, list[str]] = {}
    for path in paths:
        page.goto(site + path)
        if found := faults_of(page):
            faults[path] = found
    return faults


@pytest.mark.skipif(connection.vendor != "sqlite", reason="the same pages whatever holds their rows: judged on SQLite")
@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("look", LOOKS)
def test_full_pages_have_no_fault(open_page: OpenPage, operator: Any, look: str, width: int) -> None:
    make_world()
    assert judge(open_page("/"), list_pages(operator), look, width) == {}


@pytest.mark.parametrize("look", LOOKS)
def test_empty_pages_and_errors_have_no_fault(open_page: OpenPage, look: str) -> None:
    lists = "home approval_list mail_room task_list agent_list swarm_list audit_list provider_list cell_list settings".split()
    paths = [*(reverse(name) for name in lists), "/nowhere/", "/tasks/99/", "/tasks/?swarm=x", "/find/?q=zzz", "/keys/"]
    page = open_page("/")
    for width in WIDTHS:
        assert judge(page, paths, look, width) == {}
    page.context.clear_cookies()
    assert judge(page, [reverse("sign_in")], look, 360) == {}
