"""A run in a real browser: it follows its end, waits for who reads elsewhere, and opens steps by key and by click."""

import pytest
from django.db import transaction
from playwright.sync_api import Page, expect

from audit.topics import bump
from tasks.models import Attempt
from tests.browser.conftest import OpenPage, open_page, operator, web
from tests.tasks.pages.rows import make_attempt, make_step, make_steps, make_task

__all__ = ["open_page", "operator", "web"]
pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
VIEWS = ["timeline", "tree", "conversation", "log"]


def add_step(attempt: Attempt, n: int) -> None:
    """Finish one more step, as a cell would."""
    with transaction.atomic():
        make_step(
            attempt, n, "act", name="write_file", request={"arguments": {"path": f"new-{n}.md"}}, result={"ok": n}
        )
        Attempt.objects.filter(pk=attempt.pk).update(steps=n)
        bump({f"task:{attempt.task_id}"})


def make_running(steps: int = 3) -> Attempt:
    attempt = make_attempt(make_task(status="in_progress"), status="running")
    make_steps(attempt, steps)
    return attempt


def open_live(open_page: OpenPage, path: str) -> Page:
    page = open_page(path)
    expect(page.locator("[data-live-state]")).to_contain_text("live")
    return page


@pytest.mark.parametrize("view", VIEWS)
def test_a_new_step_comes_alone_and_touches_no_other(open_page: OpenPage, view: str) -> None:
    attempt = make_running()
    page = open_live(open_page, f"/tasks/{attempt.task_id}/?view={view}")
    page.evaluate("document.querySelector('[data-rows] [data-n]').dataset.same = 'yes'")
    page.locator("[data-end]").scroll_into_view_if_needed()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "/run/" in request.url else None)

    add_step(attempt, 4)

    expect(page.locator("[data-rows] [data-n='4']").first).to_contain_text("write")
    expect(page.locator("[data-rows] [data-same]")).to_have_count(1)
    assert all("after=3" in url for url in asked)
    expect(page.locator("[data-run-sum]")).to_contain_text("4 steps")


def test_bars_are_drawn_anew_when_the_axis_grows(open_page: OpenPage) -> None:
    attempt = make_running()
    page = open_live(open_page, f"/tasks/{attempt.task_id}/")
    before = page.locator("#step-1 .bar").get_attribute("width")
    add_step(attempt, 4)
    expect(page.locator("#step-4")).to_be_visible()

    assert page.locator("#step-1 .bar").get_attribute("width") != before
    page.reload()
    expect(page.locator("#step-4")).to_be_visible()


def test_the_tail_is_followed_at_the_end_and_waits_elsewhere(open_page: OpenPage) -> None:
    attempt = make_running(60)
    page = open_live(open_page, f"/tasks/{attempt.task_id}/")
    add_step(attempt, 61)
    jump = page.locator("[data-jump]")
    expect(jump).to_have_text("1 new step")
    expect(page.locator("#step-61")).to_have_count(0)
    scrolled = page.evaluate("scrollY")
    add_step(attempt, 62)
    expect(jump).to_have_text("2 new steps")
    assert page.evaluate("scrollY") == scrolled

    jump.click()
    expect(page.locator("#step-62")).to_be_in_viewport()
    expect(jump).to_be_hidden()
    add_step(attempt, 63)
    expect(page.locator("#step-63")).to_be_in_viewport()


def test_nothing_moves_under_the_reader_when_steps_arrive(open_page: OpenPage) -> None:
    attempt = make_running(60)
    page = open_live(open_page, f"/tasks/{attempt.task_id}/")
    page.evaluate(
        "window.moved = 0; new PerformanceObserver((list) => list.getEntries().forEach((one) => { window.moved += one.value; }))"
        ".observe({ type: 'layout-shift', buffered: false })"
    )
    for n in (61, 62, 63):
        add_step(attempt, n)
        expect(page.locator("[data-jump]")).to_contain_text(f"{n - 60} new")

    assert page.evaluate("window.moved") < 0.01


def test_an_open_step_stays_where_it_is_when_others_arrive(open_page: OpenPage) -> None:
    attempt = make_running()
    page = open_live(open_page, f"/tasks/{attempt.task_id}/")
    page.click("#step-2 a")
    expect(page.locator(".opened")).to_contain_text("notes-2.md")
    place = page.locator(".opened").bounding_box()
    add_step(attempt, 4)
    expect(page.locator("#step-4")).to_be_attached()
    assert page.locator(".opened").bounding_box() == place


@pytest.mark.parametrize("view", VIEWS)
def test_steps_are_walked_and_opened_by_keys(open_page: OpenPage, view: str) -> None:
    attempt = make_running(5)
    page = open_live(open_page, f"/tasks/{attempt.task_id}/?view={view}")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page.locator(".opened")).to_have_count(1)
    first = page.locator(".opened").get_attribute("data-opened")
    assert f"step={first}" in page.url
    for _ in range(4):
        page.keyboard.press("j")
    expect(page.locator(f".opened:not([data-opened='{first}'])")).to_have_count(1)
    page.keyboard.press("Escape")
    expect(page.locator(".opened")).to_have_count(0)
    assert "step=" not in page.url


def test_a_link_to_a_step_opens_it(open_page: OpenPage) -> None:
    attempt = make_running(250)
    page = open_page(f"/tasks/{attempt.task_id}/?step=40")
    expect(page.locator(".opened[data-opened='40']")).to_be_in_viewport()
    page.keyboard.press("j")
    expect(page.locator(".opened[data-opened='41']")).to_be_visible()


def test_the_answer_is_copied(open_page: OpenPage) -> None:
    attempt = make_running()
    page = open_page(f"/tasks/{attempt.task_id}/?step=3")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.locator("[data-copy-of=answer]").click()
    expect(page.locator("[data-copy-of=answer]")).to_have_text("Copied")
    assert page.evaluate("navigator.clipboard.readText()") == "Answer 3"


def test_another_attempt_takes_the_place_of_the_one_before(open_page: OpenPage) -> None:
    attempt = make_running()
    page = open_live(open_page, f"/tasks/{attempt.task_id}/")
    with transaction.atomic():
        Attempt.objects.filter(pk=attempt.pk).update(status="failed", cell=None)
        make_steps(make_attempt(attempt.task, attempt.agent, status="running", n=2), 7)
        bump({f"task:{attempt.task_id}"})

    expect(page.locator("#step-7")).to_be_visible()
    expect(page.get_by_role("navigation", name="Attempts")).to_contain_text("Attempt 2")


@pytest.mark.parametrize("view", VIEWS)
def test_a_run_fits_a_narrow_phone(open_page: OpenPage, view: str) -> None:
    attempt = make_running(120)
    page = open_page(f"/tasks/{attempt.task_id}/?view={view}&step=110")
    page.set_viewport_size({"width": 360, "height": 740})

    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    small = page.evaluate(
        "[...document.querySelectorAll('#run button, #run .button, #run .segments a, #run [data-rows] .row')]"
        ".filter((one) => one.getClientRects().length && one.getBoundingClientRect().height < 41.5)"
        ".map((one) => one.outerHTML.slice(0, 90))"
    )
    assert small == []


def test_an_older_window_tells_only_of_what_came_since(open_page: OpenPage) -> None:
    attempt = make_running(250)
    page = open_live(open_page, f"/tasks/{attempt.task_id}/?from=1")
    expect(page.locator("[data-jump]")).to_be_hidden()
    add_step(attempt, 251)
    expect(page.locator("[data-jump]")).to_have_text("1 new step")


def test_a_narrowed_log_asks_only_when_something_came(open_page: OpenPage) -> None:
    attempt = make_running(4)
    page = open_live(open_page, f"/tasks/{attempt.task_id}/?view=log&kind=think")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "/run/" in request.url else None)
    add_step(attempt, 5)
    expect(page.locator("[data-rows][data-last='5']")).to_be_attached()
    expect(page.locator("[data-jump]")).to_be_hidden()

    assert len(asked) <= 2
