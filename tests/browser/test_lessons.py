"""Tutorials in a real browser: who follows what is pointed at gets to the end, at the desk, on the phone, without a script."""

import re
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from playwright.sync_api import Page, expect

from agents.models import LessonRun, Swarm
from tests.browser.conftest import OpenPage, session_cookie
from tests.browser.test_pages import BEYOND, use_phone
from tests.browser.thumb import find_narrow

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.timeout(240)]

BAR = "#lesson"


@pytest.fixture
def sample(operator: Any, settings: Any, tmp_path: Path) -> None:
    """Sample data, filled in by the button."""
    settings.VICTOR_HOME = tmp_path
    client = Client()
    client.force_login(operator)
    assert client.post("/sample/fill/").status_code == 302


def begin(page: Page, name: str) -> None:
    """Begin a tutorial on its page."""
    page.goto("/".join(page.url.split("/", 3)[:3]) + f"/learn/{name}/")
    page.get_by_role("button", name="Begin").click()
    expect(page.locator(BAR)).to_contain_text("step 1 of")


def follow(page: Page, step: int) -> None:
    """Go where the bar leads and press what it points at, until the step counts as done."""
    there = page.locator(BAR).get_by_role("link", name="Go there")
    if there.count() and not page.locator("[data-pointed]").count():
        there.click()
    else:
        page.locator("[data-pointed]").first.click()
    expect(page.locator(BAR)).not_to_contain_text(f"step {step} of")


def test_stopping_is_learnt_by_following_what_is_pointed_at(open_page: OpenPage, sample: None) -> None:
    page = open_page("/learn/")
    begin(page, "stop")
    expect(page.locator("[data-pointed]")).to_contain_text("Stop")
    follow(page, 1)
    page.keyboard.press("Escape")
    page.locator(BAR).get_by_role("link", name="Go there").click()
    expect(page.locator(BAR)).to_contain_text("step 3 of 4")
    stop = page.locator("[data-pointed]")
    expect(stop).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("dialog [data-pointed]")).to_be_visible()
    page.locator("dialog [data-pointed]").click()
    expect(page.locator(BAR)).to_contain_text("step 4 of 4")
    page.locator("[data-pointed]").first.click()
    page.locator("dialog [data-pointed]").click()
    expect(page.locator(BAR)).to_contain_text("done")
    page.locator(BAR).get_by_role("button", name="Back to the tutorials").click()
    expect(page.locator(BAR)).to_have_count(0)
    assert LessonRun.objects.get().ended_at


def test_the_bar_covers_nothing_on_a_phone(open_page: OpenPage, sample: None) -> None:
    page = open_page("/learn/")
    use_phone(page)
    begin(page, "approval")
    assert page.evaluate(BEYOND) == []
    assert find_narrow(page) == []
    page.evaluate("scrollTo(0, document.body.scrollHeight)")
    bar = page.locator(BAR).bounding_box()
    below, last = page.locator("nav.bottom").bounding_box(), page.locator("#page").bounding_box()
    assert bar
    assert below
    assert last
    assert last["y"] + last["height"] <= bar["y"] + 1
    assert bar["y"] + bar["height"] <= below["y"] + 1
    page.locator(".bottom a[href='/needs-me/']").click()
    expect(page.locator(BAR)).to_contain_text("step 2 of 3")


def test_nobody_is_torn_from_a_field(open_page: OpenPage, sample: None) -> None:
    page = open_page("/learn/")
    begin(page, "work")
    page.goto("/".join(page.url.split("/", 3)[:3]) + f"/tasks/new/?swarm={Swarm.objects.earliest('pk').pk}")
    expect(page.locator(BAR)).to_contain_text("step 2 of 3")
    field = page.locator("[name=title]")
    field.fill("Half a title")
    with page.expect_response(re.compile("/learn/bar/")):
        pass
    expect(field).to_be_focused()
    expect(field).to_have_value("Half a title")


def test_without_a_script_the_bar_still_goes_along(
    web: Any, operator: Any, scriptless_context: Any, sample: None
) -> None:
    scriptless_context.add_cookies([session_cookie(web.url, operator)])
    page: Page = scriptless_context.new_page()
    page.goto(f"{web.url}/learn/stop/")
    page.get_by_role("button", name="Begin").click()
    page.get_by_role("link", name="Stop…").click()
    expect(page.locator(BAR)).to_contain_text("step 2 of 4")
    page.locator(BAR).get_by_role("link", name="Go there").click()
    expect(page.locator(BAR)).to_contain_text("step 3 of 4")
    page.locator(BAR).get_by_role("button", name="Leave").click()
    expect(page.locator(BAR)).to_have_count(0)
