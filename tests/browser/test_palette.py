"""The palette and the keys in a real browser."""

import pytest
from playwright.sync_api import expect

from tests.agents.factories import make_agent, make_swarm
from tests.browser.conftest import OpenPage
from tests.tasks.pages.rows import make_task

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_a_task_is_found_and_opened_without_the_mouse(open_page: OpenPage) -> None:
    task = make_task(make_swarm(), title="Summarise the harbour report")
    page = open_page("/keys/")
    page.keyboard.press("Control+k")
    page.keyboard.type("harb")
    expect(page.get_by_role("option", name="Summarise the harbour report")).to_have_attribute("aria-selected", "true")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/tasks/{task.pk}/")


def test_the_arrows_pick_and_escape_closes(open_page: OpenPage) -> None:
    page = open_page("/keys/")
    page.keyboard.press("Control+k")
    expect(page.locator("#palette [aria-selected=true]")).to_contain_text("Board")
    page.keyboard.press("ArrowDown")
    expect(page.locator("#palette [aria-selected=true]")).to_contain_text("Needs me")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowUp")
    expect(page.locator("#palette [aria-selected=true]")).to_contain_text("Your account")
    page.keyboard.press("Escape")
    expect(page.locator("#palette")).to_be_hidden()


def test_g_and_a_letter_goes_somewhere_but_not_while_typing(open_page: OpenPage) -> None:
    page = open_page("/tasks/")
    page.keyboard.press("/")
    page.keyboard.type("ga")
    expect(page.locator("#page input[type=search]")).to_have_value("ga")
    page.locator("#page input[type=search]").blur()
    page.keyboard.press("g")
    page.keyboard.press("a")
    page.wait_for_url("**/agents/")


def test_an_act_of_the_palette_asks_first(open_page: OpenPage) -> None:
    make_agent(make_swarm("Night desk"))
    page = open_page("/keys/")
    page.keyboard.press("Control+k")
    page.keyboard.type("stop")
    expect(page.locator("#palette [aria-selected=true]")).to_contain_text("Stop everything")
    page.keyboard.press("Enter")
    expect(page.locator("#dialog")).to_contain_text("Night desk stops")


def test_the_look_changes_at_once_and_stays(open_page: OpenPage) -> None:
    page = open_page("/keys/")
    light = page.evaluate("getComputedStyle(document.body).backgroundColor")
    page.keyboard.press("Control+k")
    page.keyboard.type("look dark")
    expect(page.locator("#palette [aria-selected=true]")).to_contain_text("dark")
    page.keyboard.press("Enter")
    expect(page.locator("html")).to_have_attribute("data-look", "dark")
    page.reload()
    expect(page.locator("html")).to_have_attribute("data-look", "dark")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") != light


def test_a_question_mark_shows_the_keys(open_page: OpenPage) -> None:
    page = open_page("/tasks/")
    page.keyboard.press("?")
    expect(page.locator("#dialog")).to_contain_text("previous row")
