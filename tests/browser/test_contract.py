"""The contract of live pages, in a real browser: what is shown is what a fresh render shows, and nobody loses his place for it."""

import time
from itertools import pairwise
from typing import Any

import pytest
from django.db import transaction
from playwright.sync_api import BrowserContext, Locator, Page, Route, expect

from agents.models import Swarm
from agents.services.roles import grant_role, revoke_role
from audit.attention import raise_item
from audit.topics import bump
from tasks.models import Task
from tasks.services.drafts import TaskDraft
from tasks.services.making import create_tasks
from tasks.services.work import edit_task
from tests.agents.factories import OPERATOR, make_swarm, make_user
from tests.browser.conftest import OpenPage, session_cookie
from tests.browser.test_live import LIVE, ask
from tests.browser.web import WebProcess
from victoros.ops.bench.live_page import WATCH_SHIFTS
from victoros.ops.chaos.sameness import await_same, differences

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def make_watched(title: str = "Watched", text: str = "Count to one.") -> Task:
    """Make a task that nobody takes."""
    return create_tasks(actor=OPERATOR, swarm=make_swarm(), drafts=[TaskDraft(title, text=text, backlog=True)])[0]


def change(task: Task, text: str) -> None:
    edit_task(actor=OPERATOR, task=task, text=text)


def open_live(open_page: OpenPage, path: str) -> Page:
    page = open_page(path)
    expect(page.locator(LIVE)).to_be_visible()
    return page


def text_of(page: Page, words: str) -> Locator:
    """Return the place where the task says these words, which other parts of the page may repeat."""
    return page.locator("#page .prose").get_by_text(words).first


# --- state before + events = fresh render ---


def rush(swarm: Swarm, task: Task, number: int) -> None:
    """Change all sorts of rows through the services."""
    for n in range(number):
        change(task, f"Count to {n}.")
        ask(swarm, f"Question number {n}", ref=n)
        if n % 5 == 0:
            create_tasks(actor=OPERATOR, swarm=swarm, drafts=[TaskDraft(f"Task {n}", backlog=n % 2 == 0)])


def test_after_a_burst_every_page_is_what_a_fresh_render_is(open_page: OpenPage) -> None:
    task = make_watched()
    paths = ["/", "/tasks/", "/needs-me/", f"/tasks/{task.pk}/", f"/swarms/{task.swarm_id}/", "/"]
    pages = [open_live(open_page, path) for path in paths]
    rush(task.swarm, task, 60)
    _, said = await_same(pages, 20)  # how soon, `./victor bench live` says
    assert said == []


def test_the_comparison_finds_a_page_that_shows_something_else(open_page: OpenPage) -> None:
    task = make_watched()
    page = open_live(open_page, f"/tasks/{task.pk}/")
    assert differences(page) == []
    page.evaluate("document.querySelector('#page [data-live] h2').textContent = 'Lies'")
    assert "Lies" in differences(page)[0]


FETCHED = """(path) => performance.getEntriesByType("resource")
  .filter((fetched) => new URL(fetched.name).pathname === path)
  .map((fetched) => (performance.timeOrigin + fetched.startTime) / 1000)"""
"""When a page asked for that address, in seconds since 1970."""


def test_a_hundred_events_in_a_second_are_on_the_screen_with_two_more_looks_at_most(open_page: OpenPage) -> None:
    swarm = make_swarm()
    page = open_live(open_page, "/needs-me/")
    began = time.monotonic()
    for n in range(100):
        time.sleep(max(0.0, began + n / 100 - time.monotonic()))
        with transaction.atomic():
            raise_item(
                actor=OPERATOR, kind="question", title=f"Q {n}", object_kind="attempt", object_ref=n, swarm_ref=swarm.pk
            )
            bump({"attention"})
    over = time.time()
    expect(page.get_by_text("50 of 100")).to_be_visible()
    looks = page.evaluate(FETCHED, "/needs-me/")
    assert looks
    assert sum(at > over for at in looks) <= 2


def test_a_page_repaints_at_most_four_times_a_second(open_page: OpenPage) -> None:
    task = make_watched()
    page = open_live(open_page, f"/swarms/{task.swarm_id}/")
    page.evaluate(
        "window.paints = []; document.addEventListener('victor:painted', (event) => paints.push(event.detail))"
    )
    rush(task.swarm, task, 30)
    await_same([page], 10)
    gaps = [after - before for before, after in pairwise(page.evaluate("paints"))]
    assert gaps
    assert min(gaps) >= 249  # in the script's own clock, whose milliseconds are whole


def test_a_tab_that_was_asleep_catches_up(open_page: OpenPage) -> None:
    task = make_watched()
    page = open_live(open_page, f"/tasks/{task.pk}/")
    session = page.context.new_cdp_session(page)
    session.send("Page.setWebLifecycleState", {"state": "frozen"})
    change(task, "Count to three while nobody looks.")
    session.send("Page.setWebLifecycleState", {"state": "active"})
    expect(text_of(page, "Count to three while nobody looks.")).to_be_visible()


def test_a_page_without_a_socket_is_live_by_asking(open_page: OpenPage, browser_context: Any) -> None:
    browser_context.add_init_script("window.WebSocket = class { constructor() { throw new Error('refused'); } }")
    task = make_watched()
    page = open_page(f"/tasks/{task.pk}/")
    expect(page.locator("[data-live-state=polling]")).to_be_visible()
    change(task, "Count without a socket.")
    expect(text_of(page, "Count without a socket.")).to_be_visible()


def test_a_page_without_script_reloads_and_claims_nothing(
    web: WebProcess, scriptless_context: BrowserContext, operator: Any
) -> None:
    task = make_watched()
    scriptless_context.add_cookies([session_cookie(web.url, operator)])
    page = scriptless_context.new_page()
    page.goto(f"{web.url}/tasks/{task.pk}/")
    expect(page.locator("meta[http-equiv=refresh]")).to_have_attribute("content", "30")
    expect(page.locator("[data-live-state]")).to_contain_text("as of")
    expect(page.locator(LIVE)).to_have_count(0)


def test_a_form_without_script_is_not_reloaded_under_the_pen(
    web: WebProcess, scriptless_context: BrowserContext, operator: Any
) -> None:
    task = make_watched()
    scriptless_context.add_cookies([session_cookie(web.url, operator)])
    page = scriptless_context.new_page()
    page.goto(f"{web.url}/tasks/{task.pk}/edit/")
    expect(page.locator("meta[http-equiv=refresh]")).to_have_count(0)


# --- what may not be seen any more, and what cannot be fetched ---


def test_who_loses_the_right_to_see_a_page_sees_it_no_longer(open_page: OpenPage) -> None:
    task, reader = make_watched(text="The secret of Odense."), make_user()
    grant_role(actor=OPERATOR, username=reader.username, role="viewer", holder=task.swarm)
    page = open_page(f"/tasks/{task.pk}/", reader)
    expect(page.locator(LIVE)).to_be_visible()
    expect(text_of(page, "The secret of Odense.")).to_be_visible()
    revoke_role(actor=OPERATOR, username=reader.username, holder=task.swarm)
    expect(page.get_by_text("The secret of Odense.")).to_have_count(0)
    expect(page.get_by_text(f"There is no task {task.pk}, or you may not see it.")).to_be_visible()
    expect(page.get_by_text("Watched")).to_have_count(0)


def test_half_typed_words_are_left_to_who_loses_the_right_and_all_else_goes(open_page: OpenPage) -> None:
    task, reader = make_watched(text="The secret of Odense."), make_user()
    grant_role(actor=OPERATOR, username=reader.username, role="viewer", holder=task.swarm)
    page = open_page(f"/tasks/{task.pk}/", reader)
    expect(page.locator(LIVE)).to_be_visible()
    page.evaluate("document.querySelector('main').append(document.createElement('textarea'))")
    page.locator("main textarea").fill("half a thought")
    revoke_role(actor=OPERATOR, username=reader.username, holder=task.swarm)
    expect(page.get_by_text(f"There is no task {task.pk}, or you may not see it.")).to_be_visible()
    expect(page.locator("main textarea")).to_have_value("half a thought")
    expect(page.get_by_text("Watched")).to_have_count(0)


def test_a_section_that_cannot_be_fetched_is_named_in_its_place(open_page: OpenPage) -> None:
    task = make_watched()
    page = open_live(open_page, f"/tasks/{task.pk}/")

    def fail(route: Route) -> None:
        route.fulfill(status=503, body="busy")

    page.route(f"**/tasks/{task.pk}/", fail)
    change(task, "Count later.")
    note = page.locator(f"#task-{task.pk} > [data-note=failed]")
    expect(note).to_contain_text(f"Task {task.pk} could not be brought up to date since")
    expect(page.locator("[data-live-state=stale]")).to_be_visible()
    page.unroute(f"**/tasks/{task.pk}/", fail)
    note.get_by_role("button", name="Try again").click()
    expect(text_of(page, "Count later.")).to_be_visible()
    expect(note).to_have_count(0)
    expect(page.locator(LIVE)).to_be_visible()


def test_a_late_section_shows_its_outline_then_what_failed_then_itself(open_page: OpenPage) -> None:
    swarm = make_swarm()
    waiting: list[Route] = []
    page = open_page("/keys/")
    page.route("**view=brief", lambda route: waiting.append(route))
    page.goto(f"{page.url.removesuffix('/keys/')}/swarms/{swarm.pk}/")
    place = page.locator("#tasks")
    expect(place.locator(".skeleton")).to_have_css("opacity", "1")
    waiting[0].fulfill(status=503, body="busy")
    expect(place.locator(".skeleton")).to_be_hidden()
    expect(place.locator("[data-note=failed]")).to_contain_text("Tasks could not be brought up to date")
    page.unroute_all()
    place.get_by_role("button", name="Try again").click()
    expect(place.get_by_text("There are no tasks here yet")).to_be_visible()


# --- nobody loses his place ---


def test_nothing_jumps_but_what_a_new_row_pushes_down(open_page: OpenPage, browser_context: Any) -> None:
    browser_context.add_init_script(WATCH_SHIFTS)
    task = make_watched()
    page = open_live(open_page, f"/tasks/{task.pk}/")
    page.evaluate("window.shifts = []")
    for n in range(4):
        change(task, f"Count to {n}!")
        expect(text_of(page, f"Count to {n}!")).to_be_visible()
    moved = page.evaluate("window.shifts")
    others = [what for one in moved for what in one["what"] if 'data-key="deed-' not in what]
    assert [what for what in others if not what.startswith("<time")] == []  # an age at the right edge grows to the left
    assert sum(one["value"] for one in moved) < 0.01


def test_text_that_is_selected_stays_selected(open_page: OpenPage) -> None:
    task = make_watched(text="Count to one hundred.")
    page = open_live(open_page, f"/tasks/{task.pk}/")
    page.evaluate(
        """() => {
          const text = [...document.querySelectorAll("#page .prose p")].find((p) => p.textContent.startsWith("Count")).firstChild;
          getSelection().setBaseAndExtent(text, 0, text, 8);
        }"""
    )
    change(task, "Count to one thousand.")
    expect(text_of(page, "Count to one thousand.")).to_be_visible()
    assert page.evaluate("getSelection().toString()") == "Count to"


MORPH = """(html) => {
  const parse = (text) => {
    const box = document.createElement("template");
    box.innerHTML = text;
    return box.content.firstElementChild;
  };
  document.querySelector("#page").append(parse(html[0]));
  const list = document.getElementById("list");
  const at = (name) => list.querySelector(`[name=${name}]`);
  at("b").checked = true;
  at("word").value = "half a";
  at("choice").value = "2";
  list.querySelector("details").open = true;
  list.querySelector("a").focus();
  victor.morph(list, parse(html[1]));
  const focused = document.activeElement.id;
  return { ticked: [...list.querySelectorAll(":checked[type=checkbox]")].map((box) => box.name), word: at("word").value,
    choice: at("choice").value, open: list.querySelector("details").open, focused, text: list.textContent.trim() };
}"""


def test_ticks_typed_words_choices_details_and_focus_survive_a_new_order(open_page: OpenPage) -> None:
    page = open_live(open_page, "/keys/")
    rest = (
        '<li data-key="f"><input name="word" value=""><select name="choice"><option>1</option><option>2</option></select>'
        '<details><summary>more</summary>{}</details></li><li data-key="l"><a id="link" href="#">go</a></li>'
    )
    box = '<li data-key="{0}"><input type="checkbox" name="{0}" value="{0}"></li>'
    have = f'<ul id="list">{box.format("a")}{box.format("b")}{rest.format("old")}</ul>'
    last, first = rest.format("new").split("</li>", 1)
    want = f'<ul id="list">{first}{box.format("c")}{box.format("b")}{last}</li>{box.format("a")}</ul>'
    found = page.evaluate(MORPH, [have, want])
    assert found["ticked"] == ["b"]
    assert (found["word"], found["choice"], found["open"], found["focused"]) == ("half a", "2", True, "link")
    assert "new" in found["text"]
