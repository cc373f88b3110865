"""Nothing jumps while pages bring themselves up to date: Chromium counts the layout shifts.

What changes in place moves nothing up or down. Columns are as wide as their words, so a cell may move sideways by a few pixels:
that counts for less than a thousandth. A new row has to have room: then what stands below it moves down, and nothing else."""

from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone
from playwright.sync_api import Locator, Page, expect

from agents.models import Agent, Swarm
from audit.actors import SYSTEM
from audit.attention import raise_item
from audit.topics import bump
from tasks.models import Attempt, Task
from tests.browser.conftest import OpenPage
from tests.browser.world import make_world
from tests.tasks.pages.rows import make_step, make_task

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

SIDEWAYS = 0.001
LIVE = "[data-live-state=live]"
WATCH = """() => {
  window.shifts = [];
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) for (const source of entry.sources) {
      const node = source.node?.nodeType === 3 ? source.node.parentElement : source.node;
      window.shifts.push({
        at: entry.startTime,
        value: entry.value,
        was: source.previousRect.y,
        by: source.currentRect.y - source.previousRect.y,
        what: `${node?.tagName} ${node?.id} ${node?.getAttribute("class")} ${node?.textContent.trim().slice(0, 40)}`,
      });
    }
  }).observe({ type: "layout-shift" });
}"""
DRAWN = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done, 100))))"


def watch_shifts(page: Page) -> None:
    """Begin to count, once the page is live and has settled."""
    expect(page.locator(LIVE)).to_be_visible()
    page.wait_for_load_state("networkidle")
    page.evaluate(DRAWN)
    page.evaluate(WATCH)


def shifts_of(page: Page) -> list[dict[str, Any]]:
    """Return what has moved since."""
    page.evaluate(DRAWN)
    found: list[dict[str, Any]] = page.evaluate("window.shifts")
    return found


def not_below(shifts: list[dict[str, Any]], row: Locator) -> list[dict[str, Any]]:
    """Return what has moved although it did not stand where the new row is now, or below."""
    box = row.bounding_box()
    assert box is not None
    return [shift for shift in shifts if shift["by"] and (shift["by"] < 0 or shift["was"] < box["y"] - 1)]


def end_work(swarm: Swarm) -> None:
    """Let the work of the world end and its agent be free, as an engine would."""
    topics = {f"swarm:{swarm.pk}", "swarms"}
    with transaction.atomic():
        for task in Task.objects.filter(swarm=swarm, status="in_progress"):
            Task.objects.filter(pk=task.pk).update(status="completed", status_since=timezone.now())
            topics.add(f"task:{task.pk}")
        for agent in Agent.objects.filter(swarm=swarm, status="busy"):
            Agent.objects.filter(pk=agent.pk).update(status="idle", active=0, done_count=7)
            topics.add(f"agent:{agent.pk}")
        bump(topics)


def ask(swarm: Swarm, title: str, ref: int) -> None:
    """Put one more thing before the operators."""
    with transaction.atomic():
        raise_item(
            actor=SYSTEM, kind="question", title=title, object_kind="attempt", object_ref=ref, swarm_ref=swarm.pk
        )
        bump({"attention"})


@pytest.mark.parametrize("size", [(1440, 900), (390, 844)], ids=["desk", "phone"])
@pytest.mark.parametrize("path", ["/", "/tasks/", "/agents/"])
def test_what_changes_in_place_moves_nothing(open_page: OpenPage, path: str, size: tuple[int, int]) -> None:
    swarm = make_world()
    page = open_page(path)
    page.set_viewport_size({"width": size[0], "height": size[1]})
    watch_shifts(page)
    with page.expect_response(lambda answer: answer.request.headers.get("x-live") is not None):
        end_work(swarm)
    expect(page.locator(LIVE)).to_be_visible()
    shifts = shifts_of(page)
    assert [shift for shift in shifts if shift["by"]] == []
    assert sum({shift["at"]: shift["value"] for shift in shifts}.values()) < SIDEWAYS


@pytest.mark.parametrize("view", ["timeline", "tree", "log"])
def test_a_run_that_goes_on_moves_only_what_is_below_its_end(open_page: OpenPage, view: str) -> None:
    make_world()
    attempt = Attempt.objects.get(status="running")
    page = open_page(f"/tasks/{attempt.task_id}/?view={view}")
    watch_shifts(page)
    with transaction.atomic():
        make_step(attempt, 13, "act", name="write_file", request={"arguments": {"path": "new.md"}}, result={"ok": 1})
        Attempt.objects.filter(pk=attempt.pk).update(steps=13)
        bump({f"task:{attempt.task_id}"})
    expect(page.locator("[data-run-sum]")).to_contain_text("13 steps")
    assert not_below(shifts_of(page), page.locator("[data-rows] [data-n='13']").first) == []


def test_a_new_question_moves_only_what_is_below_it(open_page: OpenPage) -> None:
    swarm = make_world()
    page = open_page("/needs-me/")
    watch_shifts(page)
    ask(swarm, "One more", 98)
    expect(page.get_by_text("One more")).to_be_visible()
    assert not_below(shifts_of(page), page.locator("[data-row]", has_text="One more")) == []


def test_a_new_task_moves_only_what_is_below_it(open_page: OpenPage) -> None:
    swarm = make_world()
    page = open_page("/tasks/")
    watch_shifts(page)
    with transaction.atomic():
        make_task(swarm, title="The newest of all")
        bump({"swarms", f"swarm:{swarm.pk}"})
    expect(page.get_by_text("The newest of all")).to_be_visible()
    assert not_below(shifts_of(page), page.locator("tr", has_text="The newest of all")) == []
