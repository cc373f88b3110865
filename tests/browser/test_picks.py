"""Rows are picked by key and by mouse, and acted on together; an approval is edited without the mouse."""

import pytest
from django.db import transaction
from playwright.sync_api import expect

from audit.topics import bump
from tasks.models import Approval, Task
from tests.agents.factories import make_swarm
from tests.browser.conftest import OpenPage
from tests.browser.world import make_world
from tests.tasks.pages.rows import make_tasks

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_rows_are_picked_by_key_and_changed_together(open_page: OpenPage) -> None:
    make_world()
    page = open_page("/tasks/?state=backlog")
    bar = page.locator("#bulk")
    expect(bar).to_be_hidden()
    page.keyboard.press("j")
    page.keyboard.press("x")
    expect(bar).to_contain_text("1 picked")
    page.keyboard.press("Escape")
    expect(bar).to_be_hidden()
    page.keyboard.press(".")
    expect(page.get_by_role("button", name="Pause…")).to_be_focused()
    page.get_by_role("button", name="Priority…").click()
    page.get_by_label("Priority").fill("7")
    page.get_by_role("button", name="Priority 1").click()
    expect(page.get_by_text("1 of 1 changed")).to_be_visible()
    assert Task.objects.filter(priority=7).count() == 1
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("What it undid")).to_be_visible()
    assert not Task.objects.filter(priority=7).exists()


def test_shift_and_a_click_pick_all_between(open_page: OpenPage) -> None:
    make_world()
    page = open_page("/tasks/")
    boxes = page.locator("input[data-pick]")
    count = min(boxes.count(), 4)
    boxes.nth(0).click()
    boxes.nth(count - 1).click(modifiers=["Shift"])
    expect(page.locator("#bulk")).to_contain_text(f"{count} picked")


def test_the_bar_counts_what_matches_as_the_list_does_after_it_moved(open_page: OpenPage) -> None:
    swarm = make_swarm()
    make_tasks(swarm, 2, status="backlog")
    page = open_page("/tasks/?state=backlog")
    page.locator("input[data-pick]").first.click()
    expect(page.locator("#bulk")).to_contain_text("all 2 that match")
    page.locator("input[data-pick]").first.click()
    with transaction.atomic():
        make_tasks(swarm, 1, status="backlog")
        bump({"swarms"})
    expect(page.locator("[data-row]")).to_have_count(3)
    page.locator("input[data-pick]").first.click()
    expect(page.locator("#bulk")).to_contain_text("all 3 that match")
    page.get_by_label("all 3 that match").check()
    expect(page.locator("#bulk")).to_contain_text("3 picked")


def test_an_approval_is_edited_and_approved_by_keys(open_page: OpenPage) -> None:
    make_world()
    page = open_page("/needs-me/?kind=approval")
    page.keyboard.press("j")
    page.keyboard.press("e")
    page.get_by_label("path").fill("other.md")
    page.get_by_role("button", name="Approve as it stands here").click()
    expect(page.get_by_text("as you changed it")).to_be_visible()
    assert (Approval.objects.get().edited or {})["path"] == "other.md"
