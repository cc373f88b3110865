"""Pages as a person gets them: nothing beyond the edge of a phone, nothing the policy refuses, controls for thumbs."""

from typing import Any

import pytest
from django.conf import settings
from playwright.sync_api import Page, expect

from tasks.models import Approval
from tests.browser.conftest import OpenPage, session_cookie
from tests.browser.crawl import list_pages
from tests.browser.world import make_world

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

BEYOND = """() => {
  const hides = (one) => getComputedStyle(one).overflowX !== "visible";
  const isClipped = (one) => one.parentElement && (hides(one.parentElement) || isClipped(one.parentElement));
  const isBeyond = (one) => one.checkVisibility() && one.getBoundingClientRect().right > innerWidth + 1;
  return [...document.querySelectorAll("body *")]
    .filter((one) => isBeyond(one) && !isClipped(one))
    .map((one) => `${one.tagName}.${one.className} ${one.textContent.trim().slice(0, 40)}`);
}"""
CROWDED = """() => {
  const lines = (one) => {
    const words = document.createRange();
    words.selectNodeContents([...one.childNodes].find((part) => part.nodeType === 3 && part.data.trim()));
    return words.getClientRects();
  };
  const isOver = (one, line) => {
    const cell = one.getBoundingClientRect();
    return line.left < cell.left || line.right > cell.right;
  };
  return [...document.querySelectorAll(".bottom a")]
    .filter((one) => lines(one).length > 1 || isOver(one, lines(one)[0]) || one.getBoundingClientRect().width < 44)
    .concat([...document.querySelectorAll(".pipe .status")].filter((one) => one.scrollWidth > one.clientWidth))
    .map((one) => one.textContent.trim());
}"""

HEAD = """(state) => {
  const word = document.querySelector("[data-live-state] [data-word]");
  const said = document.getElementById("live-words").content.querySelector(`[data-say=${state}]`);
  word.parentElement.dataset.liveState = state;
  word.textContent = said.textContent;
  return document.querySelector(".top").offsetHeight;
}"""


def test_nothing_reaches_beyond_a_phone(open_page: OpenPage, operator: Any) -> None:
    make_world()
    page = open_page("/")
    use_phone(page)
    problems: dict[str, Any] = {}
    site = "/".join(page.url.split("/", 3)[:3])
    for address in list_pages(operator):
        page.goto(site + address)
        found = page.evaluate(BEYOND)[:3]
        if found or page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            problems[address] = found
    assert problems == {}


@pytest.mark.parametrize("language", ["en", "de"])
def test_words_of_the_bar_and_of_states_have_room_on_a_phone(open_page: OpenPage, language: str) -> None:
    swarm = make_world()
    page = open_page("/")
    page.context.add_cookies([{"name": settings.LANGUAGE_COOKIE_NAME, "value": language, "url": page.url}])
    site = page.url.rstrip("/")
    for width in (360, 390):
        page.set_viewport_size({"width": width, "height": 740})
        for address in ("/", "/needs-me/", "/tasks/", "/agents/", f"/swarms/{swarm.pk}/"):
            page.goto(site + address)
            assert page.locator("html").get_attribute("lang") == language
            assert (width, address, page.evaluate(CROWDED)) == (width, address, [])


@pytest.mark.parametrize(("language", "act"), [("en", "New swarm"), ("de", "Neuer Schwarm")])
def test_a_list_has_one_line_above_it_on_a_phone_whatever_it_says(open_page: OpenPage, language: str, act: str) -> None:
    make_world()
    page = open_page("/")
    page.context.add_cookies([{"name": settings.LANGUAGE_COOKIE_NAME, "value": language, "url": page.url}])
    site = page.url.rstrip("/")
    use_phone(page)
    for address in ("/mail/", "/agents/", "/tasks/", "/providers/", "/swarms/"):
        page.goto(site + address)
        heights = {state: page.evaluate(HEAD, state) for state in ("live", "connecting", "reconnecting")}
        assert (address, set(heights.values())) == (address, {53})
    page.get_by_role("link", name=act, exact=True).first.click()
    expect(page).to_have_url(f"{site}/swarms/new/")


@pytest.mark.parametrize("language", ["en", "de"])
def test_what_can_be_done_to_a_row_takes_no_line_of_its_own_on_a_phone(open_page: OpenPage, language: str) -> None:
    make_world()
    page = open_page("/")
    page.context.add_cookies([{"name": settings.LANGUAGE_COOKIE_NAME, "value": language, "url": page.url}])
    site = page.url.rstrip("/")
    page.set_viewport_size({"width": 360, "height": 740})
    page.goto(f"{site}/providers/")
    for card in page.locator("#providers article").all():
        name, test = card.locator("h2").bounding_box(), card.locator("button:not(.quiet)").bounding_box()
        assert name
        assert test
        assert abs(name["y"] + name["height"] / 2 - test["y"] - test["height"] / 2) <= 2
        assert name["x"] + name["width"] <= test["x"]
    page.goto(f"{site}/needs-me/")
    for row in page.locator(".row.need:has(> .pick)").all():
        box, words = row.locator(".pick input").bounding_box(), row.locator(".main").bounding_box()
        assert box
        assert words
        assert words["y"] - 12 <= box["y"] <= words["y"] + 12
        assert box["x"] + box["width"] <= words["x"]


def test_the_bar_at_the_bottom_hides_nothing_and_is_opaque(open_page: OpenPage) -> None:
    make_world()
    page = open_page("/")
    use_phone(page)
    bar = page.locator("nav.bottom")
    expect(bar).to_be_visible()
    assert "rgba" not in bar.evaluate("(bar) => getComputedStyle(bar).backgroundColor")
    page.evaluate("scrollTo(0, document.body.scrollHeight)")
    last = page.locator("#board > * >> visible=true").last.evaluate("(one) => one.getBoundingClientRect().bottom")
    assert last <= bar.evaluate("(bar) => bar.getBoundingClientRect().top")


def test_stop_and_approve_are_within_two_taps_on_a_phone(open_page: OpenPage) -> None:
    make_world()
    page = open_page("/")
    use_phone(page)
    page.get_by_role("button", name="Approve").click()
    expect(page.get_by_text("Approved: publish_file")).to_be_visible()
    expect(page.get_by_role("button", name="Approve")).to_have_count(0)
    page.get_by_role("link", name="Stop", exact=True).click()
    page.get_by_role("button", name="Stop everything").click()
    expect(page.get_by_text("Stopped: 1 swarm;")).to_be_visible()


def test_a_rejection_is_asked_for_and_given_in_a_dialog(open_page: OpenPage) -> None:
    make_world()
    page = open_page("/needs-me/")
    page.get_by_role("link", name="Reject…").click()
    dialog = page.locator("dialog[open]")
    expect(dialog).to_contain_text("Reject publish_file?")
    dialog.get_by_role("button", name="Reject").click()
    expect(dialog).to_contain_text("Say why")
    page.get_by_label("Reason").fill("Not before noon.")
    dialog.get_by_role("button", name="Reject").click()
    expect(page.get_by_text("was told why")).to_be_visible()
    expect(dialog).to_have_count(0)
    assert Approval.objects.get().status == "rejected"


def test_keys_move_through_the_queue_and_approve(open_page: OpenPage) -> None:
    make_world()
    page = open_page("/needs-me/")
    expect(page.locator("[data-live-state=live]")).to_be_visible()
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.url) if request.method == "POST" else None)
    page.keyboard.press("a")  # nothing is picked
    page.keyboard.press("j")
    row = page.locator("[data-row][aria-selected=true]")
    expect(row).to_contain_text("Publish")
    assert sent == []
    page.keyboard.press("a")
    expect(page.get_by_text("Approved: publish_file")).to_be_visible()


def test_the_board_is_light(open_page: OpenPage) -> None:
    make_world()
    sizes: dict[str, int] = {}
    page = open_page("/sign-in/")
    page.context.clear_cookies()
    page.on("response", lambda answer: sizes.update({answer.url: len(answer.body())}) if answer.status == 200 else None)
    page = open_page("/")
    expect(page.locator("[data-live-state=live]")).to_be_visible()
    assert page.evaluate("performance.getEntriesByType('resource').length") <= 5
    assert page.evaluate("document.querySelectorAll('*').length") < 2500


def test_everything_works_without_a_script(web: Any, operator: Any, scriptless_context: Any) -> None:
    make_world()
    scriptless_context.add_cookies([session_cookie(web.url, operator)])
    page: Page = scriptless_context.new_page()
    page.goto(f"{web.url}/needs-me/")
    page.get_by_role("button", name="Approve a").click()
    expect(page.get_by_text("Approved: publish_file")).to_be_visible()
    page.get_by_role("link", name="Stop…").click()
    page.get_by_role("button", name="Stop everything").click()
    expect(page.get_by_text("Stopped: 1 swarm;")).to_be_visible()


def use_phone(page: Page) -> None:
    """Make the window as small as a small phone."""
    page.set_viewport_size({"width": 360, "height": 740})
