"""Live pages in a real browser: they change by themselves, survive what goes away, and never lie about their age."""

import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.db import transaction
from playwright.sync_api import Route, expect

from agents.models import Swarm
from audit.actors import SYSTEM
from audit.attention import raise_item
from audit.models import AttentionItem
from audit.topics import bump
from tasks.services.work import edit_task
from tests.agents.factories import make_swarm
from tests.browser.conftest import OpenPage, session_cookie
from tests.browser.web import WebProcess, run_web
from tests.servers import start_valkey
from tests.tasks.pages.rows import make_task
from victoros.ops.valkey import valkey_url

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

LIVE = "[data-live-state=live]"


def ask(swarm: Swarm, title: str, kind: str = "question", ref: int = 1) -> AttentionItem:
    """Put something before the operators and tell the pages."""
    with transaction.atomic():
        item = raise_item(
            actor=SYSTEM, kind=kind, title=title, object_kind="attempt", object_ref=ref, swarm_ref=swarm.pk
        )
        bump({"attention"})
    return item


def test_what_happens_appears_without_a_reload(open_page: OpenPage) -> None:
    swarm = make_swarm()
    page = open_page("/needs-me/")
    expect(page.locator(LIVE)).to_be_visible()
    page.evaluate("window.untouched = true")
    ask(swarm, "Which of the two is meant?")
    expect(page.get_by_text("Which of the two is meant?")).to_be_visible()
    expect(page.locator("#needs-me-tally")).to_have_text("1")
    assert page.evaluate("window.untouched")


def test_a_page_goes_by_the_name_its_task_has_now(open_page: OpenPage) -> None:
    task = make_task(title="Read the <b>first</b> report", status="backlog")
    page = open_page(f"/tasks/{task.pk}/")
    expect(page.locator(LIVE)).to_be_visible()
    edit_task(actor=SYSTEM, task=task, title="Read the <i>second</i> report for $& dollars")
    expect(page.locator("h1")).to_have_text("Read the <i>second</i> report for $& dollars")
    expect(page).to_have_title(f"Read the <i>second</i> report for $& dollars · Task {task.pk} · Victor.os")


def test_of_many_changes_at_once_none_is_missing(open_page: OpenPage) -> None:
    swarm = make_swarm()
    page = open_page("/needs-me/")
    expect(page.locator(LIVE)).to_be_visible()
    for n in range(40):
        ask(swarm, f"Question number {n}", ref=n)
    expect(page.locator("[data-row]")).to_have_count(40)


def test_a_burst_of_hints_costs_few_repaints(open_page: OpenPage) -> None:
    swarm = make_swarm()
    page = open_page("/needs-me/")
    expect(page.locator(LIVE)).to_be_visible()
    fetched: list[str] = []
    page.on("request", lambda request: fetched.append(request.url) if request.url.endswith("/needs-me/") else None)
    began = time.monotonic()
    for n in range(60):
        ask(swarm, f"Question number {n}", ref=n)
    expect(page.get_by_text("50 of 60")).to_be_visible()
    assert 1 <= len(fetched) <= 2 + 4 * (time.monotonic() - began)


def test_a_page_catches_up_after_the_server_was_away(open_page: OpenPage, web: WebProcess) -> None:
    swarm = make_swarm()
    page = open_page("/needs-me/")
    expect(page.locator(LIVE)).to_be_visible()
    web.stop()
    expect(page.locator(LIVE)).to_have_count(0)
    ask(swarm, "Asked while nobody listened")
    web.start()
    expect(page.get_by_text("Asked while nobody listened")).to_be_visible()
    expect(page.locator(LIVE)).to_be_visible()


def test_a_page_says_since_when_it_is_stale(open_page: OpenPage, web: WebProcess) -> None:
    page = open_page("/needs-me/")
    expect(page.locator(LIVE)).to_be_visible()
    web.stop()
    expect(page.locator("[data-live-state=reconnecting], [data-live-state=stale]")).to_be_visible()
    expect(page.get_by_text("stale since")).to_be_visible()


def test_a_half_typed_answer_survives_a_change_of_the_page(open_page: OpenPage) -> None:
    swarm = make_swarm()
    ask(swarm, "Which one?")
    page = open_page("/needs-me/")
    expect(page.locator(LIVE)).to_be_visible()
    page.get_by_role("link", name="Answer…").click()
    expect(page.get_by_label("Answer")).to_be_focused()
    page.get_by_label("Answer").fill("The one in Odense, not")
    ask(swarm, "Another question", ref=2)
    expect(page.locator("[data-row]")).to_have_count(2)
    expect(page.get_by_label("Answer")).to_have_value("The one in Odense, not")
    expect(page.get_by_label("Answer")).to_be_focused()


def test_a_section_with_a_field_being_typed_into_waits_until_it_is_left(open_page: OpenPage) -> None:
    swarm = make_swarm()
    ask(swarm, "Which one?")
    page = open_page("/needs-me/")
    expect(page.locator(LIVE)).to_be_visible()
    page.evaluate("document.querySelector('[data-row]').append(document.createElement('input'))")
    field = page.locator("[data-row] input:not([type])")
    field.press_sequentially("half a")
    ask(swarm, "Another question", ref=2)
    expect(page.locator("[data-live][data-held]")).to_have_count(1)
    expect(field).to_have_value("half a")
    field.blur()
    expect(page.get_by_text("Another question")).to_be_visible()
    expect(page.locator("[data-live][data-held]")).to_have_count(0)


def test_a_row_keeps_its_selection_and_the_page_its_place(open_page: OpenPage) -> None:
    swarm = make_swarm()
    for n in range(30):
        ask(swarm, f"Question number {n}", ref=n)
    page = open_page("/needs-me/")
    expect(page.locator(LIVE)).to_be_visible()
    for _ in range(20):
        page.keyboard.press("j")
    before = page.evaluate("scrollY")
    assert before > 0
    ask(swarm, "The thirty-first", ref=99)
    expect(page.locator("[data-row]")).to_have_count(31)
    expect(page.locator("[data-row][aria-selected=true]")).to_contain_text("Question number 19")
    assert page.evaluate("scrollY") == before


def test_pages_stay_live_while_redis_is_away(
    transactional_db: None, tmp_path: Path, browser_context: Any, operator: Any
) -> None:
    socket_path = tmp_path / "own.sock"
    valkey = start_valkey(socket_path)
    try:
        with run_web(tmp_path, valkey_url(socket_path)) as web:
            browser_context.add_cookies([session_cookie(web.url, operator)])
            page = browser_context.new_page()
            page.goto(f"{web.url}/needs-me/")
            expect(page.locator(LIVE)).to_be_visible()
            end(valkey)
            swarm = make_swarm()
            ask(swarm, "Asked without Redis")
            expect(page.get_by_text("Asked without Redis")).to_be_visible()
            valkey = start_valkey(socket_path)
            ask(swarm, "Asked with a new one", ref=2)
            expect(page.get_by_text("Asked with a new one")).to_be_visible()
    finally:
        end(valkey)


def test_signing_out_elsewhere_sends_the_page_to_the_sign_in(open_page: OpenPage, operator: Any) -> None:
    swarm = make_swarm()
    page = open_page("/needs-me/")
    expect(page.locator(LIVE)).to_be_visible()
    Session.objects.all().delete()
    ask(swarm, "Not for strangers")
    page.wait_for_url("**/sign-in/**")


def end(server: "subprocess.Popen[bytes]") -> None:
    """Kill a server."""
    server.send_signal(signal.SIGKILL)
    server.wait(10)


def test_a_section_that_cannot_be_fetched_is_asked_for_until_it_can(open_page: OpenPage) -> None:
    swarm = make_swarm()
    page = open_page("/needs-me/")
    expect(page.locator(LIVE)).to_be_visible()
    failed: list[str] = []

    def fail_first(route: Route) -> None:
        if len(failed) < 6:
            failed.append(route.request.url)
            route.fulfill(status=503, body="busy")
        else:
            route.continue_()

    page.route("**/needs-me/", fail_first)
    ask(swarm, "Asked at a bad moment")
    expect(page.get_by_text("Asked at a bad moment")).to_be_visible(timeout=40_000)
    assert len(failed) == 6
