"""Pages as a person gets them: nothing beyond the edge of a phone, nothing the policy refuses, controls for thumbs."""

from typing import Any

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from agents.models import Agent, Message, Swarm
from tasks.models import Approval, Task
from tests.browser.conftest import OpenPage, session_cookie
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
SMALL = """() => {
  const controls = "button, .button, .bottom a, select, input:not([type=hidden], [type=checkbox], [type=radio])";
  return [...document.querySelectorAll(controls)]
    .filter((one) => one.checkVisibility() && one.getBoundingClientRect().height < 39)
    .map((one) => one.outerHTML.slice(0, 120));
}"""


def addresses() -> list[str]:
    """Return one address of each sort of page."""
    task = Task.objects.get(status="in_progress").pk
    lists = "home approval_list mail_room task_list agent_list swarm_list audit_list provider_list cell_list account".split()
    return [
        *(reverse(name) for name in lists),
        *(reverse(name) for name in ("swarm_new", "provider_new", "task_new", "stop")),
        f"{reverse('task_list')}?view=board",
        reverse("task_view", args=[task]),
        reverse("agent_view", args=[Agent.objects.earliest("pk").pk]),
        reverse("swarm_view", args=[Swarm.objects.earliest("pk").pk]),
        reverse("mail_view", args=[Message.objects.earliest("pk").pk]),
        reverse("approval_view", args=[Approval.objects.earliest("pk").pk]),
    ]


def test_nothing_reaches_beyond_a_phone_and_controls_fit_a_thumb(open_page: OpenPage) -> None:
    make_world()
    page = open_page("/")
    use_phone(page)
    problems: dict[str, Any] = {}
    for address in addresses():
        page.goto(page.url.split("/", 3)[0] + "//" + page.url.split("/", 3)[2] + address)
        found = [*page.evaluate(BEYOND)[:3], *page.evaluate(SMALL)[:3]]
        if found or page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            problems[address] = found
    assert problems == {}


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
    page.keyboard.press("j")
    row = page.locator("[data-row][aria-selected=true]")
    expect(row).to_contain_text("Publish")
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


def test_everything_works_without_a_script(web: Any, operator: Any, chromium: Any) -> None:
    make_world()
    context = chromium.new_context(java_script_enabled=False)
    context.add_cookies([session_cookie(web.url, operator)])
    page: Page = context.new_page()
    page.goto(f"{web.url}/needs-me/")
    page.get_by_role("button", name="Approve").click()
    expect(page.get_by_text("Approved: publish_file")).to_be_visible()
    page.get_by_role("link", name="Stop…").click()
    page.get_by_role("button", name="Stop everything").click()
    expect(page.get_by_text("Stopped: 1 swarm;")).to_be_visible()
    context.close()


def use_phone(page: Page) -> None:
    """Make the window as small as a small phone."""
    page.set_viewport_size({"width": 360, "height": 740})
