"""Search by words of the title: what is found is what a reader of all titles would find, on both databases alike."""

import importlib
from dataclasses import replace

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from audit.actors import SYSTEM
from tasks import titles
from tasks.models import Task, TaskTitle
from tasks.selectors import lists
from tasks.selectors.filters import TaskFilter
from tasks.selectors.lists import list_columns, list_tasks
from tasks.services.drafts import TaskDraft
from tasks.services.making import create_task, create_tasks
from tasks.services.work import edit_task
from tasks.tidying.run import FORGOTTEN, tidy_all
from tasks.titles import find_titles, fold
from tests.agents.factories import make_swarm, make_user
from victoros.demo.fill import fill_demo
from victoros.demo.sizes import Size
from victoros.lib.errors import Conflict
from victoros.ops.checks_stored import check_search

pytestmark = pytest.mark.django_db

TITLES = (
    "Check invoice 10007 of Ghent", "check INVOICE 1000 of Gent", "Übergabe an die Straße", "übergabe: STRASSE", "100% of it",
    "100 of it", "snake_case", "snake case", 'Say "yes" to O\'Brien', "a\\b", "a b", "tab\there", "Cafe\u0301", "CAFÉ",
    "日本語の題", "ΣΊΣΥΦΟΣ", "σίσυφος", "[x] (y) {z} *", "Read -- notes; DROP TABLE",
)  # fmt: skip
SEARCHES = (
    "invoice", "voice 1000", "10007", "ghent check", "über", "ÜBERGABE", "strasse", "straße", "100%", "%", "_", "e_c", "\\", "a\\b",
    '"yes"', "o'brien", "café", "CAFE\u0301", "本語", "σίσυφοσ", "[x]", "--", ";", "tab here", "nowhere", "check nowhere", "of of",
)  # fmt: skip


def find(search: str) -> set[str]:
    """Return the titles a search finds."""
    return {task.title for task in list_tasks(make_user(superuser=True), TaskFilter(search=search)).rows}


@pytest.mark.parametrize("search", SEARCHES)
def test_a_search_finds_what_a_reader_of_all_titles_would(search: str) -> None:
    create_tasks(actor=SYSTEM, swarm=make_swarm(), drafts=[TaskDraft(title) for title in TITLES])

    titles = Task.objects.values_list("title", flat=True)
    by_number = set(Task.objects.filter(pk=int(search)).values_list("title", flat=True)) if search.isdigit() else set()
    assert find(search) == by_number | {
        title for title in titles if all(w in fold(title) for w in fold(search).split())
    }


@pytest.mark.parametrize("search", SEARCHES)
def test_common_words_find_the_same_in_every_order(search: str, monkeypatch: pytest.MonkeyPatch) -> None:
    swarm, user = make_swarm(), make_user(superuser=True)
    create_tasks(actor=SYSTEM, swarm=swarm, drafts=[TaskDraft(title) for title in TITLES])
    choices = [
        TaskFilter(search=search, swarm=one, sort=sort) for one in (None, swarm.pk) for sort in ("", "title", "-age")
    ]
    few = [[row.pk for row in list_tasks(user, choice).rows] for choice in choices]

    monkeypatch.setattr(titles, "COMMON", 0)
    many = [[row.pk for row in list_tasks(user, replace(choice)).rows] for choice in choices]

    assert many == few


def test_a_search_looks_through_the_titles_once(monkeypatch: pytest.MonkeyPatch) -> None:
    create_tasks(actor=SYSTEM, swarm=make_swarm(), drafts=[TaskDraft(f"Read {n}") for n in range(5)])
    user = make_user(superuser=True)

    with CaptureQueriesContext(connection) as queries:
        page = list_tasks(user, TaskFilter(search="read"))

    looks = [query["sql"] for query in queries if "folded" in query["sql"]]
    assert (len(looks), page.total, page.is_more, page.everything) == (1, 5, False, 5)


def test_common_words_are_counted_no_further_than_a_narrow_choice(monkeypatch: pytest.MonkeyPatch) -> None:
    swarm, user = make_swarm(), make_user(superuser=True)
    create_tasks(actor=SYSTEM, swarm=swarm, drafts=[TaskDraft(f"Read {n}") for n in range(7)])
    Task.objects.filter(title="Read 3").update(status="failed")
    monkeypatch.setattr(titles, "COMMON", 5)
    monkeypatch.setattr(lists, "COUNTED", 5)

    every = list_tasks(user, TaskFilter(search="read"))
    failed = list_tasks(user, TaskFilter(search="read", state="failed"))
    rare = list_tasks(user, TaskFilter(search="read 3"))

    assert (every.total, every.is_more, every.everything, len(every.rows)) == (5, True, None, 7)
    assert (failed.total, failed.is_more, [row.title for row in failed.rows]) == (1, False, ["Read 3"])
    assert (rare.total, rare.is_more, rare.everything) == (1, False, 1)
    assert [column.total for column in list_columns(user, TaskFilter(search="read"))] == [None] * 7
    assert list_tasks(make_user(), TaskFilter(search="read")).rows == []


def test_a_look_ends_once_words_are_common(monkeypatch: pytest.MonkeyPatch) -> None:
    create_tasks(actor=SYSTEM, swarm=make_swarm(), drafts=[TaskDraft(f"Read {n}") for n in range(5)])

    monkeypatch.setattr(titles, "COMMON", 5)
    assert len(find_titles("read").ids or []) == 5
    monkeypatch.setattr(titles, "COMMON", 4)
    assert find_titles("read").is_common


def test_a_page_of_common_words_is_read_in_the_order_of_the_list(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(titles, "COMMON", 3)
    monkeypatch.setattr(lists, "SORTED", 3)
    swarm, user = make_swarm(), make_user(superuser=True)
    create_tasks(actor=SYSTEM, swarm=swarm, drafts=[TaskDraft(f"Read {n}") for n in range(9)])
    for choice in (TaskFilter(search="read"), TaskFilter(search="read", swarm=swarm.pk)):
        counts = lists.count_choice(user, TaskFilter(swarm=choice.swarm), Task.objects.all())
        rows, order = lists.walk(user, choice, counts)
        plan = rows.order_by(f"-{order.tie}").values_list("pk")[:51].explain()
        assert order.tie == "pk" or connection.vendor == "postgresql"
        assert "SUBQUERY" in plan.upper() or "SUBPLAN" in plan.upper()
        assert "TEMP B-TREE" not in plan


def test_large_and_small_letters_are_alike_in_every_language() -> None:
    create_tasks(actor=SYSTEM, swarm=make_swarm(), drafts=[TaskDraft(title) for title in TITLES])

    assert find("STRASSE übergabe") == {"Übergabe an die Straße", "übergabe: STRASSE"}
    assert find("café") == {"Cafe\u0301", "CAFÉ"}
    assert find("nowhere") == set()


def test_a_changed_title_is_found_and_the_old_one_no_more() -> None:
    task = create_task(actor=SYSTEM, swarm=make_swarm(), title="Old words", backlog=True)

    edit_task(actor=SYSTEM, task=task, title="New words")

    assert (find("new"), find("old")) == ({"New words"}, set())
    assert TaskTitle.objects.count() == 1


def test_a_title_that_could_not_be_changed_is_found_as_before() -> None:
    task = create_task(actor=SYSTEM, swarm=make_swarm(), title="Old words")
    Task.objects.filter(pk=task.pk).update(status="completed")

    with pytest.raises(Conflict):
        edit_task(actor=SYSTEM, task=task, title="New words")

    assert (find("new"), find("old")) == (set(), {"Old words"})


def test_every_task_of_the_sample_data_is_found_by_its_title() -> None:
    fill_demo(actor=SYSTEM, size=Size(8, 60, 200), at_work=True)

    assert dict(TaskTitle.objects.values_list("task_id", "folded")) == {
        pk: fold(title) for pk, title in Task.objects.values_list("pk", "title")
    }


def test_titles_from_before_are_taken_over() -> None:
    swarm = make_swarm()
    Task.objects.bulk_create(Task(swarm=swarm, title=title) for title in TITLES)
    assert find("invoice") == set()

    importlib.import_module("tasks.migrations.0016_titles_tasks_have_now").fold_titles(apps, None)

    assert find("invoice") == {"Check invoice 10007 of Ghent", "check INVOICE 1000 of Gent"}
    assert TaskTitle.objects.count() == len(TITLES)


def test_tasks_that_search_forgot_are_told_of_and_found_after_tidying(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(titles, "AT_ONCE", 2)
    swarm = make_swarm()
    create_task(actor=SYSTEM, swarm=swarm, title="remembered")
    assert check_search().status == "ok"
    Task.objects.bulk_create(Task(swarm=swarm, title=f"forgotten ÄRGER {n}") for n in range(5))

    assert check_search().status == "warn"
    assert "5 tasks" in check_search().message
    assert find("ärger") == set()
    call_command("tidy")
    assert "5 tasks that no search found put right" in capsys.readouterr().out
    assert check_search().status == "ok"
    assert len(find("ärger")) == 5
    assert FORGOTTEN not in tidy_all()
