"""A task's page in a real browser: steps arrive by themselves, what is open stays open, acts are confirmed in a dialog."""

import re

import pytest
from django.db import transaction
from django.utils import timezone
from playwright.sync_api import expect

from audit.topics import bump
from tasks.models import Attempt, Task
from tasks.selectors.run import CONTEXT
from tests.browser.conftest import OpenPage, open_page, operator, web
from tests.tasks.pages.rows import make_attempt, make_step, make_steps, make_task, make_tasks

__all__ = ["open_page", "operator", "web"]
pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def add_step(attempt: Attempt, n: int) -> None:
    """Finish one more step, as a cell would."""
    with transaction.atomic():
        make_step(attempt, n, "act", name="write_file", request={"arguments": {"path": f"new-{n}.md"}})
        Attempt.objects.filter(pk=attempt.pk).update(steps=n)
        bump({f"task:{attempt.task_id}"})


def end(attempt: Attempt) -> None:
    """Let the work be over."""
    with transaction.atomic():
        Attempt.objects.filter(pk=attempt.pk).update(status="completed", ended_at=timezone.now(), cell=None)
        Task.objects.filter(pk=attempt.task_id).update(status="completed")
        bump({f"task:{attempt.task_id}"})


def make_running() -> Attempt:
    attempt = make_attempt(make_task(status="in_progress"), status="running")
    make_steps(attempt, 3)
    return attempt


def test_a_finished_step_appears_without_reload_and_what_is_open_stays_open(open_page: OpenPage) -> None:
    attempt = make_running()
    page = open_page(f"/tasks/{attempt.task_id}/")
    page.click("#step-3")
    page.click("summary:has-text('Prompt as sent')")
    expect(page.locator("[data-live-state]")).to_contain_text("live")
    page.evaluate("document.body.dataset.same = 'yes'")

    add_step(attempt, 4)

    expect(page.locator("#step-4")).to_contain_text("new-4.md")
    expect(page.locator("details[open]")).to_contain_text("Be brief.")
    assert page.evaluate("document.body.dataset.same") == "yes"


def test_a_run_that_is_watched_from_before_its_first_step_is_drawn_as_a_fresh_page_draws_it(
    open_page: OpenPage,
) -> None:
    attempt = make_attempt(make_task(status="in_progress"), status="running")
    page = open_page(f"/tasks/{attempt.task_id}/")
    expect(page.locator("[data-live-state]")).to_contain_text("live")

    for n in range(1, 3 * CONTEXT):
        add_step(attempt, n)
        if n in (CONTEXT + 4, 3 * CONTEXT - 1):
            expect(page.locator(f"#step-{n}")).to_be_visible()
    end(attempt)
    expect(page.locator("main .status").first).to_contain_text("completed")

    parts = "document.querySelectorAll('#run .ticks text, #run .bar')"
    places = f"() => [...{parts}].map((one) => [parseFloat(one.getAttribute('x')), one.textContent])"
    expect(page.locator("#run [data-now] .row")).to_have_count(0)
    watched = page.evaluate(places)
    page.reload()
    assert watched == page.evaluate(places)


def test_stop_is_confirmed_in_a_dialog_that_names_the_effect(open_page: OpenPage) -> None:
    attempt = make_running()
    page = open_page(f"/tasks/{attempt.task_id}/")
    section = page.locator(f"#task-{attempt.task_id}")

    section.get_by_role("link", name="Stop this task…").click()
    dialog = page.locator("dialog[open]")
    expect(dialog).to_contain_text("In flight now: 1 attempt.")
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    attempt.refresh_from_db()
    assert attempt.status == "running"

    section.get_by_role("link", name="Stop this task…").click()
    dialog.get_by_role("button", name="Stop the task").click()
    expect(page.locator(".toast")).to_contain_text("1 attempt taken")
    expect(section).to_contain_text(re.compile("Stopped by"))
    attempt.refresh_from_db()
    assert attempt.status == "stopped"


def test_the_question_has_a_page_of_its_own(open_page: OpenPage) -> None:
    attempt = make_running()
    page = open_page(f"/tasks/{attempt.task_id}/control/?act=stop")
    page.get_by_role("button", name="Stop the task").click()

    expect(page).to_have_url(re.compile(rf"/tasks/{attempt.task_id}/$"))
    expect(page.locator(".toast")).to_contain_text("The task is stopped")


@pytest.mark.parametrize(
    "path", ["/tasks/", "/tasks/?view=board", "/tasks/{pk}/?step=2", "/tasks/{pk}/control/?act=stop"]
)
def test_nothing_scrolls_sideways_on_a_narrow_phone(open_page: OpenPage, path: str) -> None:
    attempt = make_running()
    make_tasks(attempt.swarm, 5, status="blocked", reason="It waits for a_very_long_name_without_any_space_" * 4)
    page = open_page(path.format(pk=attempt.task_id))
    page.set_viewport_size({"width": 360, "height": 740})

    assert page.evaluate("document.documentElement.scrollWidth") <= 360


@pytest.mark.parametrize("width", [1440, 390])
def test_a_long_title_pushes_nothing_off_the_screen_of_the_admin(open_page: OpenPage, width: int) -> None:
    task = make_task(title="W" * 200)
    for address in ("/admin/tasks/task/", f"/admin/tasks/task/{task.pk}/change/"):
        page = open_page(address)
        page.set_viewport_size({"width": width, "height": 900})
        expect(page.get_by_text("W" * 200).last).to_be_visible()
        shown = page.locator("#result_list td, #content-main .readonly")
        beyond = [
            box for box in (cell.bounding_box() for cell in shown.all()) if box and box["x"] + box["width"] > width
        ]
        assert shown.count() > 8
        assert not beyond, address
