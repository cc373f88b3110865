"""A yes to a changed act: that act is done, once, and the agent learns what was changed."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from agents.tools import files
from agents.tools.policy import digest_act
from audit.models import Entry
from tasks.engine.burial import bury_cell
from tasks.models import Approval, Effect, Step, Task
from tasks.services.approvals import approve, approve_edited, reject
from tasks.services.control import start_swarm, stop_swarm
from tasks.services.making import create_task
from tasks.services.work import cancel_task
from tests.agents.factories import OPERATOR
from tests.tasks.driving import JUDGE, SCRIPT, ProcessDied, StillCell, act, make_worker, script, status_of, think
from victoros.lib.errors import Conflict, InvalidInput

pytestmark = pytest.mark.django_db
ASKED = {"path": "digest.md", "text": "news"}
EDITED = {"path": "digest.md", "text": "good news"}


@pytest.fixture
def task() -> Task:
    worker = make_worker(tools=["publish_file"])
    return create_task(actor=OPERATOR, swarm=worker.swarm, title="Publish")


@pytest.fixture
def approval(task: Task) -> Approval:
    script(act("publish_file", **ASKED), think)
    StillCell().work()
    return Approval.objects.get()


def published(task: Task) -> dict[str, str]:
    folder = task.swarm.folder / "published"
    return {path.name: path.read_text() for path in sorted(folder.iterdir())} if folder.exists() else {}


def edit(approval: Approval, **changes: Any) -> Approval:
    return approve_edited(actor=JUDGE, approval=approval, arguments={**EDITED, **changes})


def test_the_edited_act_is_done_once_and_the_agent_is_told(task: Task, approval: Approval) -> None:
    edit(approval)
    StillCell().work()
    assert (status_of(task), published(task)) == ("completed", {"digest.md": "good news"})
    assert [effect.arguments for effect in Effect.objects.all()] == [EDITED]
    assert SCRIPT.seen[0]["edited"]["by"] == "judge"
    assert SCRIPT.seen[0]["edited"]["changes"] == {"text": "news -> good news"}
    step = Step.objects.get(kind="act")
    assert (step.request["arguments"], step.request["asked"], step.request["edited_by"]) == (EDITED, ASKED, "judge")


def test_row_and_record_keep_both_forms_and_both_digests(approval: Approval) -> None:
    edit(approval)
    assert (approval.arguments, approval.edited) == (ASKED, EDITED)
    entry = Entry.objects.get(kind="approval.edited")
    assert (entry.detail["asked"], entry.detail["digest"]) == (
        digest_act("publish_file", ASKED),
        approval.edited_digest,
    )
    assert (approval.edited_digest, entry.detail["changed"]) == (digest_act("publish_file", EDITED), ["text"])
    assert Entry.objects.get(kind="approval.approved").detail["digest"] == approval.edited_digest


@pytest.mark.parametrize(
    ("when", "commit", "writes"),
    [
        ("die_before_commit", 1, 1),
        ("die_after_commit", 1, 1),
        ("die_before_commit", 2, 2),  # after the act, before its record: repeated under the same key
        ("die_after_commit", 2, 1),
        ("die_after_commit", 3, 1),
    ],
)
def test_a_kill_at_any_commit_does_the_edited_act_under_one_key(
    task: Task, approval: Approval, monkeypatch: pytest.MonkeyPatch, when: str, commit: int, writes: int
) -> None:
    edit(approval)
    done: list[str] = []
    count_writes(monkeypatch, done)
    cell = StillCell()
    setattr(cell, when, commit)
    with pytest.raises(ProcessDied):
        cell.work()
    bury_cell(cell.id, "killed by the test")
    StillCell().work()
    assert (status_of(task), published(task)) == ("completed", {"digest.md": "good news"})
    assert (Effect.objects.count(), Effect.objects.get().arguments) == (1, EDITED)
    assert done == ["good news"] * writes


def count_writes(monkeypatch: pytest.MonkeyPatch, done: list[str]) -> None:
    """Note the text of every call that reaches the file system."""
    write = files._write

    def note(context: Any, path: str, content: str) -> dict[str, Any]:
        done.append(content)
        return write(context, path, content)

    monkeypatch.setattr(files, "_write", note)


def test_the_same_edit_twice_changes_nothing_and_another_is_refused(approval: Approval) -> None:
    edit(approval)
    decided = approval.decided_at
    assert edit(approval).decided_at == decided
    with pytest.raises(Conflict, match="already approved with other arguments by judge"):
        edit(approval, text="bad news")
    with pytest.raises(Conflict, match="with other arguments"):
        approve(actor=OPERATOR, approval=approval)
    assert Approval.objects.get().edited == EDITED


def test_an_edit_that_changes_nothing_is_a_plain_yes(approval: Approval) -> None:
    approve_edited(actor=JUDGE, approval=approval, arguments=ASKED)
    assert (approval.status, approval.edited, approval.edited_digest) == ("approved", None, "")
    assert not Entry.objects.filter(kind="approval.edited").exists()


@pytest.mark.parametrize("arguments", [{"path": "a.md"}, {"path": 7, "text": ""}, {**EDITED, "more": 1}])
def test_arguments_that_the_tool_refuses_are_refused_before_anything_changes(
    approval: Approval, arguments: dict[str, Any]
) -> None:
    with pytest.raises(InvalidInput, match="publish_file cannot be called like this"):
        approve_edited(actor=JUDGE, approval=approval, arguments=arguments)
    approval.refresh_from_db()
    assert approval.status == "pending"


def test_an_edit_the_tool_fails_at_is_told_with_the_error(task: Task, approval: Approval) -> None:
    edit(approval, path="../../out.md")
    StillCell().work()
    assert (published(task), Effect.objects.get().status) == ({}, "failed")
    assert "judge had changed what you asked for" in SCRIPT.seen[0]["error"]["hint"]


def test_a_decision_is_bound_to_the_act_that_was_seen(approval: Approval) -> None:
    with pytest.raises(Conflict, match="is about act"):
        approve(actor=JUDGE, approval=approval, digest="0" * 64)
    with pytest.raises(Conflict, match="is about act"):
        reject(actor=JUDGE, approval=approval, reason="No", digest="0" * 64)
    approval.refresh_from_db()
    assert approval.status == "pending"
    assert approve(actor=JUDGE, approval=approval, digest=approval.digest).status == "approved"


def test_a_yes_after_the_time_is_refused_although_nobody_expired_it_yet(approval: Approval) -> None:
    Approval.objects.update(expires_at=timezone.now() - timedelta(minutes=3))
    with pytest.raises(Conflict, match="ran out 3 min ago"):
        approve(actor=JUDGE, approval=approval)
    approval.refresh_from_db()
    assert approval.status == "pending"
    assert reject(actor=JUDGE, approval=approval, reason="No").status == "rejected"


def test_what_was_withdrawn_says_so(task: Task, approval: Approval) -> None:
    cancel_task(actor=OPERATOR, task=task)
    with pytest.raises(Conflict, match="Nothing waits for this any more"):
        edit(approval)


def test_a_stopped_swarm_does_the_edited_act_once_it_is_started(task: Task, approval: Approval) -> None:
    stop_swarm(actor=OPERATOR, swarm=task.swarm)
    edit(approval)
    StillCell().work()
    assert published(task) == {}
    start_swarm(actor=OPERATOR, swarm=task.swarm)
    StillCell().work()
    assert published(task) == {"digest.md": "good news"}
