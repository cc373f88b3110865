"""What was kept long enough goes, little by little; totals and the record stay whole."""

import hashlib
import json
import os
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import Settings

from agents.llm.scripted import say
from agents.models import Agent, Message
from agents.services.mail import read_mailbox, send_message
from audit.archive import archive_folder
from audit.attention import raise_item, settle_items
from audit.models import AttentionItem, Entry, Topic
from tasks.engine.presence import close_cell, open_cell
from tasks.models import Attempt, Cell, Outbox, Step, Task
from tasks.services.making import create_task
from tasks.services.work import retry_task
from tasks.tidying import rest, work
from tasks.tidying.run import Tidier, count_due, tidy_all
from tests.agents.commands.conftest import Victor, victor  # noqa: F401  (a fixture)
from tests.agents.factories import OPERATOR, make_swarm
from tests.tasks.driving import StillCell, make_worker, script, think

pytestmark = pytest.mark.django_db
YEARS = timedelta(days=800)
MONTHS = timedelta(days=120)


@pytest.fixture
def worker() -> Agent:
    return make_worker(max_active=100)


def finish(worker: Agent, number: int = 1, thoughts: int = 2) -> list[Task]:
    """Have tasks done, each with so many steps."""
    script(*[think] * thoughts, answers=[say("a long answer")] * (thoughts * number))
    tasks = [create_task(actor=OPERATOR, swarm=worker.swarm, title=f"Task {n}") for n in range(number)]
    StillCell().work()
    return tasks


def age(by: timedelta, attempts: Any = None) -> None:
    """Let attempts have ended long ago."""
    (Attempt.objects.all() if attempts is None else attempts).update(ended_at=timezone.now() - by)


def test_words_go_first_and_figures_stay(worker: Agent) -> None:
    finish(worker)
    age(MONTHS)
    figures = list(Step.objects.values_list("n", "kind", "name", "tokens_in", "tokens_out", "cost_nanos"))

    assert tidy_all()["words of steps"] == 2

    assert list(Step.objects.values_list("request", "result")) == [({}, {})] * 2
    assert list(Step.objects.values_list("n", "kind", "name", "tokens_in", "tokens_out", "cost_nanos")) == figures
    assert count_due() == {}


def test_steps_go_later_and_totals_stay(worker: Agent) -> None:
    task = finish(worker)[0]
    worker.refresh_from_db()
    totals = (worker.step_count, worker.token_count, worker.done_count)
    age(YEARS)

    done = tidy_all()

    assert done["steps"] == 2
    assert not Step.objects.exists()
    attempt = Attempt.objects.get(task=task)
    assert (attempt.steps, attempt.tidied, attempt.status) == (2, work.GONE, "completed")
    assert attempt.tokens_out > 0
    worker.refresh_from_db()
    assert (worker.step_count, worker.token_count, worker.done_count) == totals
    assert not Topic.objects.filter(name=f"task:{task.pk}").exists()
    assert [entry.detail["what"] for entry in Entry.objects.filter(kind="work.tidied").order_by("id")] == [
        "words of steps",
        "steps",
    ]


def test_what_is_young_or_under_way_is_left_alone(worker: Agent) -> None:
    finish(worker)
    script(think, answers=[say("going on")])
    create_task(actor=OPERATOR, swarm=worker.swarm, title="Under way")
    StillCell().take()

    assert tidy_all() == {}
    assert Step.objects.exclude(result={}).count() == 2


def test_zero_days_keep_for_ever(worker: Agent, settings: Settings) -> None:
    settings.VICTOR_KEEP_WORDS_DAYS = settings.VICTOR_KEEP_WORK_DAYS = 0
    finish(worker)
    age(YEARS)

    assert tidy_all() == {}


def test_a_tidied_task_can_still_be_tried_again(worker: Agent) -> None:
    task = finish(worker)[0]
    Task.objects.filter(pk=task.pk).update(status="failed")
    age(YEARS)
    tidy_all()

    script(think, answers=[say("anew")])
    retry_task(actor=OPERATOR, task=task)
    StillCell().work()

    task.refresh_from_db()
    assert (task.status, task.attempt_count) == ("completed", 2)


def test_batches_are_small_and_cost_the_same_statements_however_much_is_due(
    worker: Agent, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(work, "STEPS_AT_ONCE", 4)
    finish(worker, number=6)
    age(MONTHS)
    before = timezone.now() - timedelta(days=90)

    with CaptureQueriesContext(
        connection,
    ) as first:
        assert work.empty_steps(before) == 4
    with CaptureQueriesContext(connection) as second:
        assert work.empty_steps(before) == 4

    assert len(first) == len(second)
    assert work.count_full_steps(before) == 4


def test_the_scheduler_works_in_slices_and_then_rests(worker: Agent, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(work, "STEPS_AT_ONCE", 2)
    finish(worker, number=3)
    age(MONTHS)
    tidier = Tidier()

    assert [tidier.work(0.0), tidier.work(0.0), tidier.work(0.0)] == [2, 2, 2]
    assert tidier.work(0.0) == 0
    age(YEARS)
    assert tidier.work(10.0) == 0  # it rests


def test_read_letters_go_unread_ones_and_those_with_open_items_stay(worker: Agent) -> None:
    for subject in ("read", "unread", "dead"):
        send_message(actor=OPERATOR, swarm=worker.swarm, recipient=worker, subject=subject)
        if subject == "read":
            read_mailbox(agent=worker)
    dead = Message.objects.get(subject="dead")
    Message.objects.filter(pk=dead.pk).update(status="dead")
    raise_item(actor=OPERATOR, kind="dead_letter", title="Dead", object_kind="message", object_ref=dead.pk)
    Message.objects.update(sent_at=timezone.now() - YEARS)

    assert tidy_all()["letters"] == 1
    assert sorted(Message.objects.values_list("subject", flat=True)) == ["dead", "unread"]

    settle_items(actor=OPERATOR, object_kind="message", object_ref=dead.pk)
    assert tidy_all()["letters"] == 1


def test_an_answered_letter_goes_after_its_answer(worker: Agent) -> None:
    first, _ = send_message(actor=OPERATOR, swarm=worker.swarm, recipient=worker, subject="Question")
    send_message(actor=OPERATOR, swarm=worker.swarm, recipient=worker, subject="Answer", reply_to=first)
    read_mailbox(agent=worker)
    Message.objects.update(sent_at=timezone.now() - YEARS)

    assert tidy_all()["letters"] == 2


def test_settled_items_go_open_ones_stay() -> None:
    swarm = make_swarm()
    for ref in (1, 2):
        raise_item(actor=OPERATOR, kind="failed", title="x", object_kind="task", object_ref=ref, swarm_ref=swarm.pk)
    settle_items(actor=OPERATOR, object_kind="task", object_ref=1)
    AttentionItem.objects.update(created_at=timezone.now() - YEARS)
    AttentionItem.objects.filter(status="answered").update(answered_at=timezone.now() - YEARS)

    assert tidy_all()["settled attention items"] == 1
    assert AttentionItem.objects.get().object_ref == 2


def test_ended_cells_go_after_a_week() -> None:
    old, fresh, alive = open_cell(1, 0), open_cell(1, 0), open_cell(1, 0)
    close_cell(old, "it is old")
    close_cell(fresh, "it is old")
    Cell.objects.filter(pk=old).update(ended_at=timezone.now() - timedelta(days=8))

    assert tidy_all()["cells"] == 1
    assert set(Cell.objects.values_list("pk", flat=True)) == {fresh, alive}


def test_wakeups_are_bounded_even_if_no_cell_ever_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rest, "MOST_UNRUNG", 3)
    Outbox.objects.bulk_create(Outbox(kind="work") for _ in range(10))
    Outbox.objects.create(kind="work", rung_at=timezone.now() - timedelta(hours=2))
    Outbox.objects.create(kind="work", rung_at=timezone.now())

    assert tidy_all()["wake-ups"] == 8
    assert Outbox.objects.filter(rung_at=None).count() == 3


def test_dead_sessions_and_half_written_files_go(settings: Settings, tmp_path: Path) -> None:
    settings.VICTOR_HOME = tmp_path
    now = timezone.now()
    Session.objects.create(session_key="old", session_data="", expire_date=now - timedelta(days=1))
    Session.objects.create(session_key="new", session_data="", expire_date=now + timedelta(days=1))
    folder = tmp_path / "swarms" / "1" / "notes"
    folder.mkdir(parents=True)
    for name in (".writing-old", ".writing-new", "kept.md"):
        (folder / name).write_text("half")
    two_days_ago = now.timestamp() - 2 * 24 * 3600
    for name in (".writing-old", "kept.md"):
        os.utime(folder / name, (two_days_ago, two_days_ago))

    assert tidy_all() == {"sessions": 1, "half-written files": 1}
    assert Session.objects.get().session_key == "new"
    assert sorted(path.name for path in folder.iterdir()) == [".writing-new", "kept.md"]


def test_entries_are_kept_for_ever_unless_asked(worker: Agent) -> None:
    finish(worker)
    Entry.objects.update(at=timezone.now() - YEARS)
    count = Entry.objects.count()

    tidy_all()

    assert Entry.objects.count() >= count


def test_old_entries_go_into_a_file_that_the_record_vouches_for(
    worker: Agent, settings: Settings, tmp_path: Path
) -> None:
    settings.VICTOR_HOME, settings.VICTOR_KEEP_ENTRIES_DAYS = tmp_path, 30
    finish(worker)
    Entry.objects.update(at=timezone.now() - timedelta(days=31))
    old = list(Entry.objects.order_by("id").values_list("id", "kind"))

    tidy_all()

    voucher = Entry.objects.get()
    assert voucher.kind == "audit.archived"
    raw = (archive_folder() / voucher.detail["file"]).read_bytes()
    assert hashlib.sha256(raw).hexdigest() == voucher.detail["sha256"]
    lines = [json.loads(line) for line in raw.decode().splitlines()]
    assert [(line["id"], line["kind"]) for line in lines] == old
    assert tidy_all() == {}


def test_a_crash_between_file_and_deletion_loses_and_doubles_nothing(
    worker: Agent, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from audit import archive

    settings.VICTOR_HOME, settings.VICTOR_KEEP_ENTRIES_DAYS = tmp_path, 30
    monkeypatch.setattr(archive, "DELETED_AT_ONCE", 2)
    finish(worker)
    Entry.objects.update(at=timezone.now() - timedelta(days=31))
    ids = list(Entry.objects.order_by("id").values_list("id", flat=True))
    before = timezone.now() - timedelta(days=30)

    archive.archive_entries(before)
    archive.archive_entries(before)  # the process dies here: some rows are deleted
    tidy_all()

    [path] = archive_folder().glob("*.jsonl")
    assert [json.loads(line)["id"] for line in path.read_text().splitlines()] == ids
    assert Entry.objects.filter(pk__in=ids).count() == 0


def test_the_command_counts_first_and_then_does_it(worker: Agent, victor: Victor) -> None:  # noqa: F811
    finish(worker)
    age(MONTHS)

    dry = victor("tidy", "--dry-run", "--json").document
    assert (dry["dry_run"], dry["rows"]) == (True, {"words of steps": 2})
    assert Step.objects.exclude(result={}).count() == 2

    assert "2 words of steps gone" in victor("tidy").out
    assert victor("tidy").out.strip() == "Nothing is due."
