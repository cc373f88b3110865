"""`victor approval`: see what waits, say yes or no."""

import pytest

from tasks.models import Approval
from tests.agents.factories import make_agent, make_user
from tests.commands.conftest import Victor
from tests.tasks.pages.rows import make_approval, make_attempt, make_task

pytestmark = pytest.mark.django_db


def make_waiting() -> Approval:
    task = make_task(agent=make_agent(), status="blocked")
    attempt = make_attempt(task, status="waiting", waiting_for="approval")
    approval = make_approval(attempt)
    attempt.waiting_ref = approval.pk
    attempt.save(update_fields=["waiting_ref"])
    return approval


def test_list_shows_what_waits_and_all_shows_the_rest(victor: Victor) -> None:
    waiting = make_approval(make_attempt())
    decided = make_approval(make_attempt(), status="rejected")

    pending = victor("approval", "list", "--json").document
    everything = victor("approval", "list", "--all", "--json").document

    assert [item["id"] for item in pending["items"]] == [waiting.pk]
    assert [item["id"] for item in everything["items"]] == [decided.pk, waiting.pk]
    assert pending["items"][0]["arguments"] == {"path": "digest.md"}
    assert "publish_file" in victor("approval", "list").out


def test_a_yes_lets_the_agent_go_on(victor: Victor) -> None:
    approval = make_waiting()
    document = victor("approval", "approve", approval.pk, "--note", "fine", "--json").document

    approval.attempt.refresh_from_db()
    assert (document["status"], document["note"], document["decided_by"]) == ("approved", "fine", "operator")
    assert approval.attempt.status == "ready"


def test_a_no_needs_a_reason(victor: Victor) -> None:
    approval = make_approval(make_attempt())

    assert victor("approval", "reject", approval.pk).code == 2
    assert victor("approval", "reject", approval.pk, "--reason", " ").code == 2
    assert victor("approval", "reject", approval.pk, "--reason", "not yet").code == 0


def test_what_is_decided_cannot_be_decided_otherwise(victor: Victor) -> None:
    approval = make_approval(make_attempt(), status="rejected", decided_by="operator")

    assert "already" in victor("approval", "approve", approval.pk).err


def test_a_stranger_finds_nothing_and_a_viewer_decides_nothing(victor: Victor) -> None:
    approval = make_approval(make_attempt())
    viewer, stranger = make_user("viewer", approval.swarm), make_user()

    assert "There is no approval" in victor("approval", "approve", approval.pk, "--as", stranger.username).err
    assert "but not operate it" in victor("approval", "approve", approval.pk, "--as", viewer.username).err
    assert victor("approval", "list", "--json", "--as", stranger.username).document["total"] == 0
    assert victor("approval", "approve", 999).code == 1
