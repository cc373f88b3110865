"""`victor swarm`: made by hand or from a template, looked at, started, paused and stopped."""

from pathlib import Path

import pytest

from agents.models import Swarm
from tasks.models import Attempt, Recall, Task
from tasks.recalls import note_let_go
from tests.agents.factories import make_agent, make_provider, make_swarm, make_user, make_workspace
from tests.commands.conftest import Victor
from tests.tasks.pages.rows import make_attempt, make_task

pytestmark = pytest.mark.django_db


@pytest.fixture
def documents(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with two reports in it, outside the home."""
    folder = tmp_path_factory.mktemp("input") / "documents"
    folder.mkdir()
    (folder / "one.md").write_text("# One\n\nThe disk was full because nobody rotated the log.\n")
    (folder / "two.txt").write_text("The certificate ran out on a Sunday and nobody noticed.\n")
    return folder


def test_a_desk_is_made_from_a_folder(victor: Victor, documents: Path) -> None:
    make_provider("Local")
    ran = victor(
        "swarm", "create", "--template", "desk", "--input", documents, "--name", "Reports", "--provider", "Local"
    )

    swarm = Swarm.objects.get()
    assert ran.out.splitlines() == [str(swarm.pk), f"/swarms/{swarm.pk}/"]
    assert (swarm.name, swarm.template, swarm.input_folder) == ("Reports", "desk", str(documents))
    assert swarm.provider is not None
    assert Task.objects.filter(swarm=swarm).count() == 3


def test_the_document_has_the_fields_of_the_row_and_the_address(victor: Victor, documents: Path) -> None:
    document = victor("swarm", "create", "--template", "desk", "--input", documents, "--json").document

    assert (document["status"], document["name"], document["template"]) == ("running", "desk", "desk")
    assert document["url"].endswith(f"/swarms/{document['id']}/")


def test_a_second_desk_gets_a_name_of_its_own(victor: Victor, documents: Path) -> None:
    for name in ("desk", "desk 2"):
        assert victor("swarm", "create", "--template", "desk", "--input", documents, "--json").document["name"] == name


def test_a_relative_folder_is_taken_from_where_one_is(
    victor: Victor, documents: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(documents.parent)
    victor("swarm", "create", "--template", "desk", "--input", "documents")

    assert Swarm.objects.get().input_folder == str(documents)


def test_an_empty_swarm_is_made_by_hand(victor: Victor) -> None:
    ran = victor("swarm", "create", "--name", "Press", "--purpose", "Write letters.")

    assert ran.code == 0
    assert Swarm.objects.get().purpose == "Write letters."


def test_what_cannot_be_made_is_refused_with_a_reason(victor: Victor, documents: Path) -> None:
    beside = documents.parent
    (beside / "empty").mkdir()
    for words, said in (
        (("--template", "desk", "--input", beside / "nowhere"), "There is no folder"),
        (("--template", "desk", "--input", documents / "one.md"), "There is no folder"),
        (("--template", "desk", "--input", beside / "empty"), "There are no files in"),
        (("--template", "orchestra"), "There is no template"),
        (("--template", "desk", "--provider", "nobody"), "There is no provider 'nobody'"),
        ((), "needs a name"),
    ):
        ran = victor("swarm", "create", *words)
        assert ran.code != 0
        assert ran.out == ""
        assert said in ran.err
    assert not Swarm.objects.exists()


def test_a_name_is_used_once(victor: Victor) -> None:
    assert victor("swarm", "create", "--name", "Press").code == 0
    assert "Press" in victor("swarm", "create", "--name", "Press").err


def test_list_and_show_agree(victor: Victor) -> None:
    agent = make_agent(make_swarm("Desk"), "Reader")
    make_task(agent.swarm, status="failed")
    listed = victor("swarm", "list", "--json").document
    shown = victor("swarm", "show", "Desk", "--json").document

    assert [(item["id"], item["status"]) for item in listed["items"]] == [(agent.swarm.pk, "running")]
    assert (listed["total"], listed["next"]) == (1, None)
    assert shown["tasks"]["failed"] == 1
    assert [row["name"] for row in shown["agents"]] == ["Reader"]
    assert "1 failed" in victor("swarm", "show", "Desk").out


def test_stop_says_what_it_stopped_and_start_goes_on(victor: Victor) -> None:
    attempt = make_attempt(make_task(status="in_progress"), status="running")
    name = attempt.swarm.name

    assert victor("swarm", "stop", name, "--wait", "0").out == f"{name} is stopped. Work stopped: 1.\n"
    assert victor("swarm", "stop", name, "--wait", "0").out == f"{name} was stopped already.\n"
    assert victor("swarm", "start", name, "--json").document["changed"] is True
    attempt.refresh_from_db()
    assert attempt.status == "ready"
    assert victor("swarm", "pause", name, "--json").document["status"] == "paused"


def test_stop_names_what_has_not_stopped_and_confirms_what_has(victor: Victor) -> None:
    attempt = make_attempt(make_task(title="Long call", status="in_progress"), status="running")
    name, cell = attempt.swarm.name, attempt.cell
    assert cell is not None

    ran = victor("swarm", "stop", name, "--wait", "0.1")
    assert ran.code == 1
    assert (
        f"Not stopped yet: {attempt.agent.name}, task {attempt.task_id} “Long call”: cell {cell.pk}, process 1"
        in ran.out
    )
    document = victor("swarm", "stop", name, "--wait", "0.1", "--json").document
    assert document["confirmed"] is False
    assert [(one["task"], one["cell"], one["pid"]) for one in document["not_stopped"]] == [
        (attempt.task_id, cell.pk, 1)
    ]

    note_let_go(Recall.objects.filter(cell=cell.pk), Attempt.LetGo.CELL)
    ran = victor("swarm", "stop", name)
    assert (ran.code, ran.out) == (0, f"{name} was stopped already.\nNo cell owes a word about it.\n")
    assert victor("swarm", "stop", name, "--json").document["not_stopped"] == []


@pytest.mark.parametrize("noun", ["agent", "task"])
def test_agents_and_cancelled_tasks_are_confirmed_alike(victor: Victor, noun: str) -> None:
    attempt = make_attempt(make_task(status="in_progress"), status="running")
    cell, words = attempt.cell, {"agent": ("stop", attempt.agent_id), "task": ("cancel", attempt.task_id)}[noun]
    assert cell is not None

    ran = victor(noun, *words, "--wait", "0.1")
    assert (ran.code, f"cell {cell.pk}, process 1" in ran.out) == (1, True)


def test_a_cancelled_task_is_confirmed_with_its_subtasks(victor: Victor) -> None:
    parent = make_task(status="in_progress")
    child = make_task(parent.swarm, status="in_progress", parent=parent)
    make_attempt(child, status="running")

    ran = victor("task", "cancel", parent.pk, "--wait", "0.1")
    assert (ran.code, f"task {child.pk} " in ran.out) == (1, True)


@pytest.mark.parametrize("nonsense", ["-1", "nan", "inf", "4000", "soon"])
def test_a_wait_that_makes_no_sense_stops_nothing(victor: Victor, nonsense: str) -> None:
    swarm = make_swarm("Desk")

    ran = victor("swarm", "stop", "Desk", "--wait", nonsense)
    assert ran.code == 2
    assert "no time from 0 to 3600 seconds" in ran.err
    swarm.refresh_from_db()
    assert swarm.desired_state == "running"


def test_a_budget_is_given_changed_and_taken_away(victor: Victor) -> None:
    swarm = make_swarm("Desk")

    assert victor("swarm", "budget", "Desk", "25").out == "Desk may spend $25.00 a month.\n"
    assert victor("swarm", "budget", "Desk", "0.50", "--json").document["budget_nanos"] == 500_000_000
    for nonsense in ("much", "nan", "inf", "0", "0.001", "1e99"):
        assert victor("swarm", "budget", "Desk", nonsense).code == 2
    swarm.refresh_from_db()
    assert swarm.budget_nanos == 500_000_000
    assert "$0.50 a month" in victor("swarm", "show", "Desk").out
    assert victor("swarm", "budget", "Desk", "none").out == "Desk has no budget.\n"


def test_roles_hold_on_the_command_line_too(victor: Victor) -> None:
    swarm = make_swarm("Desk")
    viewer, stranger = make_user("viewer", swarm), make_user()
    admin = make_user("admin", make_workspace())

    assert "but not operate it" in victor("swarm", "stop", "Desk", "--as", viewer.username).err
    assert "There is no swarm" in victor("swarm", "show", "Desk", "--as", stranger.username).err
    assert "but not administer it" in victor("swarm", "budget", "Desk", "5", "--as", viewer.username).err
    assert "may not make swarms" in victor("swarm", "create", "--name", "X", "--as", viewer.username).err
    assert victor("swarm", "create", "--name", "X", "--as", admin.username).code == 0
