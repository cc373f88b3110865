"""Edit and approve, approve for a while, and revoke: the pages, for each of the four kinds of people."""

from typing import Any

import pytest
from django.test import Client

from agents.models import Swarm
from tasks.models import Approval, StandingRule
from tests.agents.factories import make_swarm
from tests.tasks.pages.conftest import SignedIn
from tests.tasks.pages.rows import make_approval, make_attempt, make_task

pytestmark = pytest.mark.django_db
ACT = {"path": "digest.md", "text": "one\n  two\n"}


@pytest.fixture
def swarm() -> Swarm:
    return make_swarm()


@pytest.fixture
def approval(swarm: Swarm) -> Approval:
    attempt = make_attempt(make_task(swarm, status="in_progress"), status="waiting", waiting_for="approval")
    return make_approval(attempt, arguments=ACT)


@pytest.fixture
def client(signed_in: SignedIn, swarm: Swarm) -> Client:
    return signed_in("operator", swarm)


def send(client: Client, approval: Approval, **changes: Any) -> Any:
    """Send the edit form as a browser does: with its line ends."""
    fields = {"digest": approval.digest, "arg-path": "digest.md", "arg-text": "one\r\n  two\r\n", "note": "", **changes}
    answer = client.post(f"/approvals/{approval.pk}/edit/", fields)
    approval.refresh_from_db()
    return answer


@pytest.mark.parametrize(("role", "status"), [("stranger", 404), ("viewer", 403), ("operator", 302)])
def test_who_may_edit(signed_in: SignedIn, swarm: Swarm, approval: Approval, role: str, status: int) -> None:
    assert send(signed_in(role, swarm), approval, **{"arg-text": "three"}).status_code == status
    assert approval.edited == ({**ACT, "text": "three"} if status == 302 else None)


def test_the_form_has_a_field_for_each_argument(client: Client, approval: Approval) -> None:
    page = client.get(f"/approvals/{approval.pk}/edit/").text
    assert 'name="arg-path"' in page
    assert "one\n  two\n</textarea>" in page
    assert "The whole content." in page
    assert page.count(">optional</span>") == 1  # the word to the agent; an act without a path or a text is none


def test_what_was_left_as_it_is_is_no_change_whatever_the_browser_does_to_line_ends(
    client: Client, approval: Approval
) -> None:
    send(client, approval)
    assert (approval.status, approval.edited) == ("approved", None)


def test_faults_stand_beside_their_fields_and_nothing_is_approved(client: Client, approval: Approval) -> None:
    answer = send(client, approval, **{"arg-path": "x" * 500})
    assert answer.status_code == 422
    assert 'id="id_arg-path_error"' in answer.text
    assert approval.status == "pending"


def test_a_fault_is_told_in_the_readers_language(client: Client, approval: Approval) -> None:
    headers = {"Accept-Language": "de"}
    fields = {"digest": approval.digest, "arg-path": "x" * 500, "arg-text": "", "note": ""}
    answer = client.post(f"/approvals/{approval.pk}/edit/", fields, headers=headers)
    assert "Zu lang: 500 von höchstens 400 Zeichen." in answer.text
    assert "longer than" not in answer.text


def test_an_edit_of_another_act_is_refused(client: Client, approval: Approval) -> None:
    answer = send(client, approval, digest="0" * 64, **{"arg-text": "three"})
    assert (answer.status_code, approval.status) == (409, "pending")


def test_the_page_of_an_edited_act_shows_both_forms(client: Client, approval: Approval) -> None:
    send(client, approval, **{"arg-text": "one\n  three\n", "note": "Numbers."})
    page = client.get(f"/approvals/{approval.pk}/").text
    assert "<ins>  three</ins>" in page
    assert "<del>  two</del>" in page
    assert approval.edited_digest[:16] in page
    assert approval.digest[:16] in page
    assert "Numbers." in page


def test_the_page_shows_what_would_change_in_the_file(client: Client, approval: Approval) -> None:
    folder = approval.swarm.folder / "published"
    folder.mkdir(parents=True)
    (folder / "digest.md").write_text("zero\n  two\n")
    page = client.get(f"/approvals/{approval.pk}/").text
    assert "<del>zero</del>" in page
    assert "<ins>one</ins>" in page
    assert "the file as it is now" in page


def test_a_reason_is_chosen_or_written_or_both(client: Client, approval: Approval) -> None:
    address = f"/approvals/{approval.pk}/decide/"
    assert "Not now; ask again later" in client.get(f"{address}?decision=reject").text
    client.post(address, {"decision": "reject", "quick": "later", "note": "After noon"})
    approval.refresh_from_db()
    assert (approval.status, approval.note) == ("rejected", "Not now; ask again later. After noon")


RULE = {"who": "agent", "minutes": "60", "uses": "5", "note": ""}


@pytest.mark.parametrize(("role", "status"), [("stranger", 404), ("viewer", 403), ("operator", 302)])
def test_who_may_allow_in_advance(
    signed_in: SignedIn, swarm: Swarm, approval: Approval, role: str, status: int
) -> None:
    answer = signed_in(role, swarm).post(f"/approvals/{approval.pk}/rule/", RULE)
    approval.refresh_from_db()
    assert answer.status_code == status
    assert StandingRule.objects.exists() == (status == 302)
    assert approval.status == ("approved" if status == 302 else "pending")


def test_a_rule_with_nonsense_is_asked_for_again(client: Client, approval: Approval) -> None:
    answer = client.post(f"/approvals/{approval.pk}/rule/", {**RULE, "uses": "1000", "minutes": "7"})
    assert "less than or equal to 100" in answer.text
    assert not StandingRule.objects.exists()


def test_no_rule_comes_of_a_yes_that_is_too_late(client: Client, approval: Approval) -> None:
    Approval.objects.update(status="rejected", decided_by="anna")
    assert client.post(f"/approvals/{approval.pk}/rule/", RULE).status_code == 409
    assert not StandingRule.objects.exists()


@pytest.mark.parametrize(("role", "status"), [("stranger", 404), ("viewer", 403), ("operator", 302)])
def test_who_may_revoke(
    client: Client, signed_in: SignedIn, swarm: Swarm, approval: Approval, role: str, status: int
) -> None:
    client.post(f"/approvals/{approval.pk}/rule/", RULE)
    rule = StandingRule.objects.get()
    assert "used 0 of 5 times" in client.get("/needs-me/").text
    assert signed_in(role, swarm).post(f"/standing/{rule.pk}/revoke/").status_code == status
    rule.refresh_from_db()
    assert rule.state == ("revoked" if status == 302 else "standing")
