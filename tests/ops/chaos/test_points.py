"""Schedules of crashes come from their seed alone, reach every point, and their judge sees what is broken."""

import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from django.db.models import F

from agents.models import Agent
from audit.models import Entry
from tasks.engine.points import Point
from tasks.engine.presence import close_cell
from tasks.models import Attempt, Cell, Recall, Step, Task
from tests.running import ROOT
from tests.tasks.driving import StillCell
from victoros.ops.chaos.points import programs  # noqa: F401  (registers what the agents do)
from victoros.ops.chaos.points.notebook import ACTS, MODEL, OPEN, TRACE, WRITES, Notebook
from victoros.ops.chaos.points.rules import find_broken
from victoros.ops.chaos.points.schedule import AIMS, LABELS, LEADS, draw
from victoros.ops.chaos.points.stories import STORIES, give, make_base

PASSED = {story: Counter({label: 3 for label in LABELS if label not in LEADS}) for story in STORIES}


def test_a_schedule_follows_from_seed_and_number() -> None:
    first = [draw(7, n, PASSED) for n in range(200)]
    assert [draw(7, n, PASSED) for n in range(200)] == first
    assert [draw(8, n, PASSED) for n in range(200)] != first


def test_every_point_is_aimed_at_in_turn() -> None:
    aimed = [{crash.label for crash in draw(1, n, PASSED).crashes} for n in range(len(AIMS))]
    assert all(label in labels for label, labels in zip(AIMS, aimed, strict=True))
    assert set(LABELS) > set(Point.values)


def test_the_first_aim_at_each_point_cannot_miss_for_other_stories() -> None:
    for n in range(len(AIMS)):
        schedule = draw(177931, n, PASSED)
        aimed = next(crash for crash in schedule.crashes if crash.label == AIMS[n])
        assert len(schedule.stories) == 1
        assert aimed.nth == 1


def test_one_schedule_is_played_by_number_and_told(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "victoros.ops.chaos.command", "points", "--seed", "1", "--only", "6", "--json"]
    done = subprocess.run(command, cwd=ROOT, env=dict(os.environ), capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    report = json.loads(done.stdout)
    assert report["holds"]
    assert "crash" in report["trace"]
    assert "ended" in report["trace"]


@pytest.fixture
def notebook(db: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Notebook:
    """The story `plain`, played to its end in this process, with whole records."""
    monkeypatch.setattr(OPEN, "folder", tmp_path)
    make_base()
    give(("plain",))
    cell = StillCell()
    assert cell.work() == 2
    close_cell(cell.id, "over")
    return Notebook(tmp_path)


def broken(notebook: Notebook) -> str:
    return "\n".join(find_broken(notebook, ("plain",)))


def test_what_is_whole_is_found_whole(notebook: Notebook) -> None:
    assert broken(notebook) == ""


def lose_task(notebook: Notebook) -> None:
    Task.objects.filter(key="plain-1").update(status="ready")


def remove_step(notebook: Notebook) -> None:
    Step.objects.earliest("pk").delete()


def spend_unseen(notebook: Notebook) -> None:
    Attempt.objects.filter(pk=Attempt.objects.earliest("pk").pk).update(tokens_out=F("tokens_out") + 1)


def miscount(notebook: Notebook) -> None:
    Agent.objects.filter(name="worker").update(active=1)


def pass_on_unseen(notebook: Notebook) -> None:
    Attempt.objects.update(fence=F("fence") + 1)


def leave_cell_alive(notebook: Notebook) -> None:
    Cell.objects.update(status="alive", ended_at=None)


def leave_recalled(notebook: Notebook) -> None:
    attempt = Attempt.objects.earliest("pk")
    Recall.objects.create(
        attempt=attempt, cell=Cell.objects.get(), agent=attempt.agent, swarm=attempt.swarm, fence=attempt.fence
    )


def hide_entry(notebook: Notebook) -> None:
    Entry.objects.filter(kind="task.completed").delete()


def act_again(notebook: Notebook) -> None:
    line = notebook.read(ACTS)[0]
    notebook.add(ACTS, task=line["task"], n=line["n"], key="another", once=False)


def pay_again(notebook: Notebook) -> None:
    for _ in range(2):
        notebook.add(ACTS, task=1, n=9, key="paid", once=True)


def forget_acts(notebook: Notebook) -> None:
    (notebook.folder / ACTS).unlink()


def ask_again(notebook: Notebook) -> None:
    task = Task.objects.earliest("pk")
    notebook.add(MODEL, question=f"{task.pk}:1:0")


def test_one_question_may_arrive_after_its_process_stood_still_and_no_second(notebook: Notebook) -> None:
    notebook.add(TRACE, event="goes on")
    ask_again(notebook)
    assert broken(notebook) == ""
    ask_again(notebook)
    assert broken(notebook).count("after its step was finished") == 1


def act_for_the_dead(notebook: Notebook) -> None:
    cell = Cell.objects.get()
    Cell.objects.update(status="dead")
    notebook.cell_id = cell.pk
    notebook.add(WRITES, point="claimed")


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lose_task, "lost: task"),
        (remove_step, "its journal has"),
        (spend_unseen, "tokens and cost, its journal"),
        (miscount, "active, waiting, done, failed, verified"),
        (pass_on_unseen, "entries tell of"),
        (leave_cell_alive, "nobody lives"),
        (leave_recalled, "has not let go of attempt"),
        (hide_entry, "its last entry is"),
        (act_again, "happened under 2 keys"),
        (pay_again, "happened 2 times and knows no keys"),
        (forget_acts, "called done and never happened"),
        (ask_again, "after its step was finished"),
        (act_for_the_dead, "was dead and still did this"),
    ],
)
def test_what_is_broken_is_found(notebook: Notebook, spoil: Callable[[Notebook], None], words: str) -> None:
    spoil(notebook)
    assert words in broken(notebook)
