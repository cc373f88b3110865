"""A card of the board is moved by keys alone, and the toast takes it back."""

import pytest

from tasks.models import Task
from tests.browser.conftest import OpenPage
from tests.tasks.pages.rows import make_task

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_a_card_is_moved_by_keys_and_taken_back(open_page: OpenPage) -> None:
    task = make_task(status="backlog")
    page = open_page("/tasks/?view=board")
    page.wait_for_selector("[data-live-state=live]")
    page.keyboard.press("j")
    page.keyboard.press("m")
    page.wait_for_selector("dialog[open] .moves button:focus")
    page.keyboard.press("Enter")
    page.wait_for_selector(f"[data-key=column-ready] [data-key=card-{task.pk}]")
    assert Task.objects.get(pk=task.pk).status == "ready"
    page.click(".toast .undo")
    page.wait_for_selector(f"[data-key=column-backlog] [data-key=card-{task.pk}]")
    assert Task.objects.get(pk=task.pk).status == "backlog"
