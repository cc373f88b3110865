"""Keys in lists, and dialogs that are higher than the window, in a real browser."""

import pytest
from playwright.sync_api import expect

from agents.models import Provider
from audit.actors import SYSTEM
from audit.events import Fact, Kind, record
from tasks.models import Cell
from tests.agents.factories import make_swarm
from tests.browser.conftest import OpenPage
from tests.tasks.pages.rows import make_task

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_j_and_enter_open_what_the_record_is_about(open_page: OpenPage) -> None:
    tasks = [make_task(make_swarm()) for _ in range(2)]
    for task in tasks:
        record(Fact(Kind.TASK_COMPLETED, SYSTEM, "task", task.pk, task.title))
    page = open_page("/audit/?object=task")
    page.keyboard.press("j")
    page.keyboard.press("j")
    expect(page.locator("[data-row][aria-selected=true]")).to_contain_text(tasks[0].title)
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/tasks/{tasks[0].pk}/")


def test_j_and_e_edit_a_provider(open_page: OpenPage) -> None:
    Provider.objects.all().delete()
    provider = Provider.objects.create(name="House model", kind="openai", model="m")
    page = open_page("/providers/")
    page.keyboard.press("j")
    expect(page.locator("[data-row][aria-selected=true]")).to_contain_text("House model")
    page.keyboard.press("e")
    page.wait_for_url(f"**/providers/{provider.pk}/edit/")


def test_j_and_enter_open_a_cell(open_page: OpenPage) -> None:
    cell = Cell.objects.create(host="test", pid=1)
    page = open_page("/cells/")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/cells/{cell.pk}/")


def test_a_dialog_higher_than_the_window_opens_at_its_heading(open_page: OpenPage) -> None:
    page = open_page("/tasks/")
    page.set_viewport_size({"width": 1000, "height": 400})
    page.keyboard.press("?")
    expect(page.locator("#dialog")).to_contain_text("previous row")
    assert page.evaluate(
        "document.querySelector('#dialog').scrollHeight > document.querySelector('#dialog').clientHeight"
    )
    assert page.evaluate("document.querySelector('#dialog').scrollTop") == 0
    expect(page.locator("#dialog h2")).to_be_in_viewport()
