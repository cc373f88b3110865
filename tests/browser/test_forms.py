"""Forms begin where a person would begin, and keys alone send them."""

import pytest
from playwright.sync_api import expect

from audit.models import AttentionItem
from tests.agents.factories import make_swarm
from tests.browser.conftest import OpenPage
from tests.browser.test_live import ask

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_a_question_is_answered_by_keys_alone(open_page: OpenPage) -> None:
    item = ask(make_swarm(), "Which one?")
    page = open_page("/needs-me/")
    page.wait_for_selector("[data-live-state=live]")
    page.keyboard.press("j")
    page.keyboard.press("a")
    answer = page.get_by_label("Answer")
    expect(answer).to_be_focused()
    page.keyboard.press("Control+Enter")
    expect(page.locator("dialog[open] .error")).to_be_visible()
    expect(answer).to_be_focused()
    page.keyboard.type("The one in Odense")
    page.keyboard.press("Control+Enter")
    expect(page.locator("dialog[open]")).to_have_count(0)
    expect(page.locator("[data-row]")).to_have_count(0)
    assert AttentionItem.objects.get(pk=item.pk).status != "open"


def test_a_form_that_only_asks_begins_at_its_button(open_page: OpenPage) -> None:
    swarm = make_swarm()
    page = open_page(f"/swarms/{swarm.pk}/")
    page.get_by_role("link", name="Pause…").first.click()
    expect(page.locator("dialog[open] button.primary")).to_be_focused()


def test_a_form_begins_at_what_must_be_filled_in_or_is_wrong(open_page: OpenPage) -> None:
    swarm = make_swarm()
    page = open_page(f"/tasks/new/?swarm={swarm.pk}")
    expect(page.locator("[name=title]")).to_be_focused()
    page.keyboard.type("Read the report")
    page.locator("[name=text]").fill("All of it")
    page.locator("details.more summary").click()
    page.locator("[name=priority]").fill("9000")
    page.get_by_role("button", name="Create the task").click()
    expect(page.locator("[name=priority]")).to_be_focused()
    expect(page.locator("[name=title]")).to_have_value("Read the report")
