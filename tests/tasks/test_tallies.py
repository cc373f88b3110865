"""The counts that the database keeps are those of the rows, whoever changes them and however."""

import threading

import pytest
from django.core.management import call_command
from django.db import connection, transaction
from django.test import Client
from django.urls import reverse

from audit.actors import SYSTEM
from tasks import tallies
from tasks.models import Task, TaskTally
from tasks.selectors.counts import count_of_swarms, count_visible
from tasks.services.control import start_swarm, stop_swarm
from tasks.services.dependencies import add_dependency
from tasks.services.drafts import TaskDraft
from tasks.services.making import create_task, create_tasks
from tasks.services.verdicts import refute_task, verify_task
from tasks.services.work import cancel_task, release_task, retry_task
from tests.agents.factories import make_agent, make_swarm, make_user
from tests.tasks.pages.rows import make_task, make_tasks
from victoros.demo.fill import fill_demo
from victoros.demo.remove import remove_demo
from victoros.demo.sizes import Size
from victoros.ops.checks_stored import check_counts

pytestmark = pytest.mark.django_db


def test_every_service_leaves_the_counts_right() -> None:
    swarm = make_swarm()
    agent = make_agent(swarm)
    one, two, three = create_tasks(actor=SYSTEM, swarm=swarm, drafts=[TaskDraft(f"Task {n}") for n in range(3)])
    later = create_task(actor=SYSTEM, swarm=swarm, title="Later", backlog=True)
    assert count_of_swarms([swarm.pk]) == {swarm.pk: {"ready": 3, "backlog": 1}}
    release_task(actor=SYSTEM, task=later)
    add_dependency(actor=SYSTEM, task=two, on=one)
    assert count_of_swarms([swarm.pk]) == {swarm.pk: {"ready": 3, "blocked": 1}}
    Task.objects.filter(pk=one.pk).update(status="completed", agent=agent)
    verify_task(actor=SYSTEM, task=Task.objects.get(pk=one.pk), evidence={"seen": "yes"})
    cancel_task(actor=SYSTEM, task=three)
    retry_task(actor=SYSTEM, task=three)
    cancel_task(actor=SYSTEM, task=later)
    Task.objects.filter(pk=three.pk).update(status="completed", agent=agent)
    refute_task(actor=SYSTEM, task=Task.objects.get(pk=three.pk), reason="Wrong.")
    stop_swarm(actor=SYSTEM, swarm=swarm)
    start_swarm(actor=SYSTEM, swarm=swarm)

    assert tallies.find_wrong() == []
    assert sum(count_of_swarms([swarm.pk])[swarm.pk].values()) == 4


def test_changes_of_many_rows_and_deletions_count() -> None:
    swarm, other = make_swarm(), make_swarm()
    make_tasks(swarm, 30)
    Task.objects.filter(pk__in=list(Task.objects.values_list("pk", flat=True)[:10])).update(status="cancelled")
    Task.objects.filter(status="cancelled").update(swarm=other)
    Task.objects.filter(status="ready").update(title="Same state")
    Task.objects.filter(status="ready").first().delete()  # type: ignore[union-attr]

    assert count_of_swarms([swarm.pk, other.pk]) == {swarm.pk: {"ready": 19}, other.pk: {"cancelled": 10}}
    assert tallies.find_wrong() == []


def test_what_is_rolled_back_does_not_count() -> None:
    swarm = make_swarm()
    with transaction.atomic():
        make_tasks(swarm, 5)
        transaction.set_rollback(True)

    assert count_of_swarms([swarm.pk]) == {}


def test_folding_changes_no_count(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tallies, "FOLD_FROM", 0)
    monkeypatch.setattr(tallies, "FOLDED_AT_ONCE", 5)
    swarm = make_swarm()
    for _ in range(12):
        make_task(swarm)
    before = count_of_swarms([swarm.pk])

    is_more = tallies.fold()
    assert is_more is (connection.vendor == "postgresql")
    while is_more:
        is_more = tallies.fold()
    tallies.fold()
    assert count_of_swarms([swarm.pk]) == before == {swarm.pk: {"ready": 12}}
    assert TaskTally.objects.filter(swarm=swarm).count() == 1
    assert tallies.find_wrong() == []


def test_a_wrong_count_is_found_and_put_right() -> None:
    swarm = make_swarm()
    make_tasks(swarm, 3)
    TaskTally.objects.filter(swarm=swarm).update(n=7)
    assert tallies.find_wrong()
    assert check_counts().status == "warn"
    call_command("tidy")

    assert tallies.find_wrong() == []
    assert check_counts().status == "ok"
    assert count_of_swarms([swarm.pk]) == {swarm.pk: {"ready": 3}}


def test_lost_triggers_come_back_with_the_next_migration() -> None:
    """SQLite loses them whenever a migration makes the table anew."""
    swarm = make_swarm()
    tail = "" if connection.vendor == "sqlite" else " ON tasks_task"
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TRIGGER task_tally_insert{tail}")
    make_tasks(swarm, 2)
    assert tallies.find_wrong()
    tallies.install()
    make_tasks(swarm, 3)

    assert count_of_swarms([swarm.pk]) == {swarm.pk: {"ready": 5}}


def test_sample_data_leave_the_counts_right() -> None:
    fill_demo(actor=SYSTEM, size=Size(40, 300, 500))
    assert tallies.find_wrong() == []
    remove_demo(actor=SYSTEM)

    assert tallies.find_wrong() == []
    assert not any(TaskTally.objects.values_list("n", flat=True))


def test_people_count_what_they_may_see() -> None:
    swarm, hidden = make_swarm(), make_swarm()
    make_tasks(swarm, 2)
    make_tasks(hidden, 5)
    viewer, stranger = make_user("viewer", swarm), make_user()

    assert count_visible(viewer) == count_visible(viewer, swarm.pk) == {"ready": 2}
    assert count_visible(viewer, hidden.pk) == count_visible(stranger) == {}
    assert count_visible(make_user(superuser=True)) == {"ready": 7}


def test_lists_say_how_many_there_are() -> None:
    swarm = make_swarm()
    make_tasks(swarm, 70)
    make_tasks(swarm, 3, status="cancelled")
    client = Client()
    client.force_login(make_user("viewer", swarm))

    assert "70" in client.get(reverse("task_list"), {"state": "ready"}).content.decode()
    assert "73" in client.get(reverse("task_list")).content.decode()


@pytest.mark.django_db(transaction=True)
def test_changes_at_once_do_not_wait_for_each_other_and_all_count() -> None:
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has one writer at a time")
    swarm = make_swarm()
    ids = [task.pk for task in make_tasks(swarm, 2)]
    entered, done = threading.Event(), threading.Event()

    def change() -> None:
        try:
            with transaction.atomic():
                Task.objects.filter(pk=ids[0]).update(status="cancelled")
                entered.set()
                assert done.wait(20)
        finally:
            connection.close()

    thread = threading.Thread(target=change)
    thread.start()
    assert entered.wait(20)
    with transaction.atomic():
        Task.objects.filter(pk=ids[1]).update(status="cancelled")
    done.set()
    thread.join()

    assert count_of_swarms([swarm.pk]) == {swarm.pk: {"cancelled": 2}}
    assert tallies.find_wrong() == []
