"""`victor task`: each act, its document, and each refusal beside its success."""

import io
from datetime import timedelta

import pytest
from django.utils import timezone

from audit.actors import SYSTEM
from audit.attention import raise_item
from tasks.models import Task
from tests.agents.factories import make_agent, make_swarm, make_user
from tests.commands.conftest import Victor
from tests.tasks.pages.rows import make_attempt, make_task, make_tasks

pytestmark = pytest.mark.django_db


def test_create_prints_the_id_and_nothing_else(victor: Victor) -> None:
    swarm, agent = make_swarm("Desk"), None
    agent = make_agent(swarm, "Reader", capabilities=["read"])
    first = make_task(swarm)

    ran = victor(
        "task", "create", "--swarm", "Desk", "--title", "Read it", "--text", "All of it.", "--needs", "read,write",
        "--priority", 5, "--agent", "Reader", "--depends-on", first.pk, "--acceptance", "It is read.",
    )  # fmt: skip

    task = Task.objects.get(title="Read it")
    assert (ran.code, ran.out) == (0, f"{task.pk}\n")
    assert (task.text, task.needs, task.priority, task.agent) == ("All of it.", ["read", "write"], 5, agent)
    assert [row.on for row in task.dependencies.all()] == [first]
    assert task.acceptance[0]["text"] == "It is read."
    assert task.created_by == "operator"


def test_create_gives_the_row_as_a_document(victor: Victor) -> None:
    swarm = make_swarm()
    document = victor("task", "create", "--swarm", swarm.pk, "--title", "Read it", "--json").document

    assert document["status"] == "ready"
    assert (document["title"], document["swarm"], document["swarm_name"]) == ("Read it", swarm.pk, swarm.name)
    assert Task.objects.get(pk=document["id"])


def test_a_dash_takes_the_text_from_standard_input(victor: Victor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("line one\nline two\n"))
    victor("task", "create", "--swarm", make_swarm().pk, "--title", "Read it", "--text", "-")

    assert Task.objects.get().text == "line one\nline two\n"


def test_the_same_key_makes_one_task(victor: Victor) -> None:
    swarm = make_swarm()
    words = ("task", "create", "--swarm", swarm.pk, "--title", "Read it", "--key", "k1")

    assert victor(*words).out == victor(*words).out
    assert Task.objects.count() == 1


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--swarm", "Nowhere", "--title", "T"), "There is no swarm 'Nowhere'."),
        (("--swarm", "Desk", "--title", "  "), "The task has no title."),
        (("--swarm", "Desk", "--title", "T", "--agent", "Nobody"), "There is no agent 'Nobody'."),
        (("--swarm", "Desk", "--title", "T", "--depends-on", "999"), "There is no task 999"),
        (("--swarm", "Desk", "--title", "T", "--depends-on", "one"), "'one' is not the id of a task."),
        (("--swarm", "Desk", "--title", "T", "--priority", "900"), "Priority 900 is out of range."),
        (("--swarm", "Desk", "--title", "T", "--needs", "Über"), "is not a capability"),
    ],
)
def test_a_task_that_cannot_be_made_is_refused(victor: Victor, words: tuple[str, ...], said: str) -> None:
    make_swarm("Desk")
    ran = victor("task", "create", *words)

    assert ran.code != 0
    assert ran.out == ""
    assert said in ran.err
    assert not Task.objects.exists()


def test_an_error_is_one_document_on_standard_output(victor: Victor) -> None:
    ran = victor("task", "show", 999, "--json")

    assert ran.code == 1
    assert ran.document["error"].keys() == {"category", "message", "hint", "id"}
    assert ran.err == ""


@pytest.mark.parametrize("words", [("create", "--title", "T"), ("wait",), ("show", "x"), ("nothing",), ()])
def test_wrong_words_are_a_usage_error(victor: Victor, words: tuple[str, ...]) -> None:
    ran = victor("task", *words, "--json")

    assert ran.code == 2
    assert ran.document["error"]["category"] == "validation"


@pytest.mark.parametrize("number", ["99999999999999999999", "-1", "0"])
def test_an_impossible_id_is_not_found(victor: Victor, number: str) -> None:
    ran = victor("task", "show", "--json", "--", number)

    assert ran.code in (1, 2)
    assert "error" in ran.document


def test_list_is_paged_and_filtered(victor: Victor) -> None:
    swarm = make_swarm("Desk")
    make_tasks(swarm, 5, status="failed")
    make_task(title="Elsewhere")
    first = victor("task", "list", "--swarm", "Desk", "--state", "ended", "--limit", 3, "--json").document
    rest = victor("task", "list", "--swarm", "Desk", "--limit", 3, "--after", first["next"], "--json").document

    assert (len(first["items"]), first["total"]) == (3, 5)
    assert (len(rest["items"]), rest["next"]) == (2, None)
    assert {item["status"] for item in first["items"] + rest["items"]} == {"failed"}
    assert "Elsewhere" in victor("task", "list", "--search", "elsew").out


def test_an_empty_list_says_so_and_is_a_document_too(victor: Victor) -> None:
    assert "There are no such tasks." in victor("task", "list").out
    assert victor("task", "list", "--json").document == {"items": [], "total": 0, "next": None}


def test_show_tells_of_the_attempts(victor: Victor) -> None:
    attempt = make_attempt(status="failed", steps=3)
    document = victor("task", "show", attempt.task_id, "--json").document

    assert [(row["n"], row["status"], row["steps"]) for row in document["attempts"]] == [(1, "failed", 3)]
    assert f"attempt 1  failed, 3 steps by {attempt.agent.name}" in victor("task", "show", attempt.task_id).out


@pytest.mark.parametrize("status", ["completed", "verified"])
def test_wait_ends_well_when_the_task_did(victor: Victor, status: str) -> None:
    ran = victor("task", "wait", make_task(status=status).pk, "--json")

    assert (ran.code, ran.document["status"]) == (0, status)


@pytest.mark.parametrize("status", ["failed", "cancelled", "quarantined"])
def test_wait_ends_badly_when_the_task_did(victor: Victor, status: str) -> None:
    task = make_task(status=status, reason="timeout: no answer")
    ran = victor("task", "wait", task.pk)

    assert ran.code == 1
    assert ran.out == f"Task {task.pk} is {status}: timeout: no answer\n"


@pytest.mark.parametrize(
    ("waiting_for", "said"), [("approval", "approval"), ("answer", "answer"), ("effect", "word on an uncertain effect")]
)
def test_wait_ends_when_a_person_is_needed(victor: Victor, waiting_for: str, said: str) -> None:
    task = make_task(status="blocked")
    make_attempt(task, status="waiting", waiting_for=waiting_for)
    ran = victor("task", "wait", task.pk, "--json")

    assert (ran.code, ran.document["status"], ran.document["waiting_for"]) == (0, "waiting", said)


@pytest.mark.parametrize("waiting_for", ["subtask", "mail", "time"])
def test_wait_goes_on_while_things_can_move_by_themselves(victor: Victor, waiting_for: str) -> None:
    task = make_task(status="blocked")
    make_attempt(task, status="waiting", waiting_for=waiting_for, wake_at=timezone.now() + timedelta(hours=1))
    ran = victor("task", "wait", task.pk, "--timeout", 0, "--json")

    assert (ran.code, ran.document["error"]["category"]) == (1, "timeout")


def test_wait_ends_when_the_task_is_held_or_its_dependency_has_failed(victor: Victor) -> None:
    held = make_task(status="blocked")
    hopeless = make_task(status="blocked", open_dependencies=1)
    pk = hopeless.pk
    raise_item(actor=SYSTEM, kind="blocked", title="x", object_kind="task", object_ref=pk, task_ref=pk)

    assert victor("task", "wait", held.pk, "--json").document["status"] == "waiting"
    assert victor("task", "wait", hopeless.pk, "--json").document["status"] == "waiting"


def test_wait_times_out_with_advice(victor: Victor) -> None:
    task = make_task(make_swarm("Desk"), status="ready")
    ran = victor("task", "wait", task.pk, "--timeout", 0)

    assert ran.code == 1
    assert f"Task {task.pk} is still ready after 0 s." in ran.err


def test_cancel_and_retry_follow_each_other(victor: Victor) -> None:
    task = make_task()

    assert victor("task", "cancel", task.pk, "--reason", "not needed").out == f"Task {task.pk} is cancelled.\n"
    assert victor("task", "retry", task.pk, "--json").document["status"] == "ready"


def test_what_the_state_forbids_is_refused(victor: Victor) -> None:
    task = make_task(status="verified")

    assert victor("task", "cancel", task.pk).code == 1
    assert "nothing to retry" in victor("task", "retry", task.pk).err


def test_a_viewer_may_look_and_a_stranger_may_not(victor: Victor) -> None:
    task = make_task()
    viewer, stranger = make_user("viewer", task.swarm), make_user()

    assert victor("task", "show", task.pk, "--as", viewer.username).code == 0
    assert "may look at the swarm" in victor("task", "cancel", task.pk, "--as", viewer.username).err
    assert f"There is no task {task.pk}" in victor("task", "show", task.pk, "--as", stranger.username).err
    assert victor("task", "cancel", task.pk, "--as", make_user("operator", task.swarm).username).code == 0
