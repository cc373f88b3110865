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
from tasks.services.work import edit_task
from tests.browser.conftest import OpenPage
from tests.browser.world import make_world
from tests.tasks.pages.rows import make_step, make_task

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

SIDEWAYS = 0.001
SIZES = [pytest.param((1440, 900), id="desk"), pytest.param((390, 844), id="phone")]
TITLES = ("Short", "A title of a length as most have it", "Summarise the incident of the fourth " * 5, "Short again")
LIVE = "[data-live-state=live]"
WATCH = """() => {
  window.shifts = [];
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) for (const source of entry.sources) {
      // What stood outside of the window has no place that it was at: it counts by its value, not as moved up or down.
      const seen = source.previousRect.width > 0 && source.previousRect.height > 0;
      const node = source.node?.nodeType === 3 ? source.node.parentElement : source.node;
      window.shifts.push({
        at: entry.startTime,
        value: entry.value,
        was: source.previousRect.y,
        by: seen ? source.currentRect.y - source.previousRect.y : 0,
        aside: source.currentRect.x - source.previousRect.x,
        what: `${node?.tagName} ${node?.id} ${node?.getAttribute("class")} ${node?.textContent.trim().slice(0, 40)}`,
      });
    }
  }).observe({ type: "layout-shift" });
}"""
SAY_AGES = """(words) => {
  for (const age of document.querySelectorAll("#page time[data-age], #page time[data-told]")) {
    if (Date.parse(age.dateTime) > Date.now()) continue;
    age.removeAttribute("data-age"); // else the page says its own
    age.setAttribute("data-told", "");
    age.textContent = words;
  }
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


def assert_level(page: Page) -> list[dict[str, Any]]:
    """Fail with what has moved up or down, and how far; return what has moved sideways."""
    shifts = shifts_of(page)
    assert not [shift for shift in shifts if shift["by"]], tell(shifts)
    return shifts


def assert_still(page: Page) -> None:
    """Fail with what has moved up or down, or far sideways."""
    shifts = assert_level(page)
    assert sum({shift["at"]: shift["value"] for shift in shifts}.values()) < SIDEWAYS, tell(shifts)


def tell(shifts: list[dict[str, Any]]) -> str:
    """Say what has moved, a line each."""
    return "\n".join(
        "{value:.5f} {by:+.0f} px down, {aside:+.0f} px aside, from {was:.0f}: {what}".format(**one) for one in shifts
    )


def open_at(open_page: OpenPage, path: str, size: tuple[int, int]) -> Page:
    """Open a page in a window of this size and begin to count."""
    page = open_page(path)
    page.set_viewport_size({"width": size[0], "height": size[1]})
    watch_shifts(page)
    return page


def change(task: Task, **columns: Any) -> None:
    """Change columns of a task and its agent's pages, as its engine would."""
    with transaction.atomic():
        Task.objects.filter(pk=task.pk).update(**columns)
        bump({f"task:{task.pk}", f"swarm:{task.swarm_id}", f"agent:{task.agent_id}", "swarms"})


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


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("path", ["/", "/tasks/", "/agents/"])
def test_what_changes_in_place_moves_nothing(open_page: OpenPage, path: str, size: tuple[int, int]) -> None:
    swarm = make_world()
    page = open_at(open_page, path, size)
    with page.expect_response(lambda answer: answer.request.headers.get("x-live") is not None):
        end_work(swarm)
    expect(page.locator(LIVE)).to_be_visible()
    assert_still(page)


@pytest.mark.parametrize("size", SIZES)
def test_a_task_that_is_changed_again_and_again_moves_nothing_on_its_page(
    open_page: OpenPage, size: tuple[int, int]
) -> None:
    task = make_task(text="Watched.", status="backlog")
    edit_task(actor=SYSTEM, task=task, text="Watched from now on.")
    page = open_at(open_page, f"/tasks/{task.pk}/", size)
    for n in range(12):
        edit_task(actor=SYSTEM, task=task, text=f"Watched {n}.")
        expect(page.locator(".asked .prose")).to_have_text(f"Watched {n}.")
    assert_still(page)
    expect(page.locator("[data-key=record]")).to_contain_text("13 ×")


@pytest.mark.parametrize("size", SIZES)
def test_a_task_that_is_done_lets_its_run_where_it_is(open_page: OpenPage, size: tuple[int, int]) -> None:
    make_world()
    task = Task.objects.get(status="in_progress")
    page = open_at(open_page, f"/tasks/{task.pk}/", size)
    change(task, status="completed")
    expect(page.get_by_role("link", name="Verify…")).to_be_visible()
    assert_level(page)


def test_a_task_that_leaves_nothing_to_do_lets_its_run_where_it_is(open_page: OpenPage) -> None:
    make_world()
    task = Task.objects.get(status="in_progress")
    page = open_at(open_page, f"/tasks/{task.pk}/", (1440, 900))
    change(task, status="verified")
    expect(page.locator("[data-key=state] .status")).to_have_text("verified")
    assert_level(page)


@pytest.mark.parametrize("path", ["/tasks/", "/agents/{agent}/"])
def test_a_title_that_grows_moves_nothing(open_page: OpenPage, path: str) -> None:
    make_world()
    task = Task.objects.get(status="in_progress")
    page = open_at(open_page, path.format(agent=task.agent_id), (1440, 900))
    for title in TITLES:
        change(task, title=title)
        expect(page.get_by_role("link", name=title.strip(), exact=True).first).to_be_visible()
    assert_level(page)


def test_what_begins_to_hinder_a_task_moves_no_other_row(open_page: OpenPage) -> None:
    make_world()
    task = Task.objects.get(status="in_progress")
    page = open_at(open_page, "/tasks/", (1440, 900))
    change(task, status="blocked", reason="It waits for somebody who knows what is to be done about this.")
    expect(page.get_by_text("somebody who knows")).to_be_visible()
    assert_still(page)


@pytest.mark.parametrize("size", SIZES)
def test_an_act_that_may_be_chosen_now_moves_no_other(open_page: OpenPage, size: tuple[int, int]) -> None:
    swarm = make_world()
    agent = Agent.objects.get(swarm=swarm, status="busy")
    page = open_at(open_page, f"/agents/{agent.pk}/", size)
    before = page.get_by_role("link", name="Edit").bounding_box()
    end_work(swarm)
    expect(page.get_by_role("link", name="Retire…")).to_be_visible()
    assert page.get_by_role("link", name="Edit").bounding_box() == before


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("path", ["/", "/needs-me/", "/swarms/{swarm}/", "/agents/{agent}/", "/tasks/{task}/"])
def test_an_age_that_takes_a_digit_more_moves_nothing(open_page: OpenPage, path: str, size: tuple[int, int]) -> None:
    swarm = make_world()
    waiting = Task.objects.get(title="Publish the digest")
    path = path.format(swarm=swarm.pk, agent=waiting.agent_id, task=waiting.pk)
    page = open_page(path)
    page.set_viewport_size({"width": size[0], "height": size[1]})
    page.evaluate(SAY_AGES, "4 s")
    watch_shifts(page)
    page.evaluate(SAY_AGES, "59 min")
    assert_still(page)


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
