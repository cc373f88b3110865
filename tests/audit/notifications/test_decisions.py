"""Approve and Reject on a notification: bound to person, device, item and exact act; once; and refused clearly otherwise."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from agents.models import Swarm
from agents.permissions import grant
from audit.models import AttentionItem, Entry, Notice
from audit.notifications.jobs import deliver
from tasks.models import Approval
from tasks.services.approvals import approve
from tests.agents.factories import OPERATOR, make_user
from tests.audit.notifications.conftest import ask
from tests.standins.push_service import PushService
from tests.tasks.pages.rows import make_approval, make_attempt, make_task

pytestmark = pytest.mark.django_db
DECIDE = "/notifications/decide/"
JSON = "application/json"


@pytest.fixture
def approval(swarm: Swarm) -> Approval:
    """An act that waits."""
    attempt = make_attempt(make_task(swarm, status="in_progress"), status="waiting", waiting_for="approval")
    return make_approval(attempt, arguments={"path": "secret-plan.md"})


@pytest.fixture
def phone(service: PushService, operator: Any) -> Client:
    """The operator's phone: signed in, subscribed, with its cookie."""
    client = Client(headers={"Accept": JSON})
    client.force_login(operator)
    said = {"name": "phone", "subscription": service.handset().as_browser_says()}
    client.post("/account/notifications/devices/", said, content_type=JSON)
    return client


@pytest.fixture
def message(service: PushService, phone: Client, approval: Approval, swarm: Swarm) -> dict[str, Any]:
    """What the phone got."""
    ask(swarm, ref=approval.pk, kind="approval", object_kind="approval", title="Publish secret-plan.md?")
    deliver()
    return service.messages()[0]


def decide(client: Client, message: dict[str, Any], decision: str = "approve", **headers: str) -> Any:
    """Press a button of the notification."""
    said = {"token": message["token"], "decision": decision}
    return client.post(DECIDE, said, content_type=JSON, headers={"Accept": JSON, **headers})


def state_of(approval: Approval) -> str:
    """Return how the approval stands."""
    approval.refresh_from_db()
    return approval.status


def test_the_notification_offers_the_decision_and_holds_no_argument(message: dict[str, Any]) -> None:
    assert [one["action"] for one in message["actions"]] == ["approve", "reject", "open"]
    assert "secret-plan" not in str(message)


@pytest.mark.parametrize(("decision", "status"), [("approve", "approved"), ("reject", "rejected")])
def test_a_button_decides_as_the_page_does(
    phone: Client, message: dict[str, Any], approval: Approval, decision: str, status: str
) -> None:
    answer = decide(phone, message, decision)
    assert answer.json()["status"] == status
    assert state_of(approval) == status
    assert AttentionItem.objects.get().status == "answered"
    assert Entry.objects.filter(kind=f"approval.{status}", object_ref=approval.pk).count() == 1


def test_the_same_answer_twice_is_one_decision(phone: Client, message: dict[str, Any], approval: Approval) -> None:
    assert [decide(phone, message).status_code for _ in range(3)] == [200, 200, 200]
    assert Entry.objects.filter(kind="approval.approved").count() == 1


def test_the_opposite_afterwards_is_refused(phone: Client, message: dict[str, Any], approval: Approval) -> None:
    decide(phone, message)
    answer = decide(phone, message, "reject")
    assert answer.status_code == 409
    assert "answered with the opposite" in answer.json()["error"]["message"]
    assert state_of(approval) == "approved"


def test_somebody_elses_decision_is_told(phone: Client, message: dict[str, Any], approval: Approval) -> None:
    approve(actor=OPERATOR, approval=approval)
    answer = decide(phone, message, "reject")
    assert answer.status_code == 409
    assert "already approved by tester" in answer.json()["error"]["message"]
    assert Notice.objects.get().answer == ""


def test_an_act_that_was_changed_is_not_decided(phone: Client, message: dict[str, Any], approval: Approval) -> None:
    Approval.objects.filter(pk=approval.pk).update(digest="f" * 64)
    answer = decide(phone, message)
    assert answer.status_code == 409
    assert "changed since" in answer.json()["error"]["message"]
    assert state_of(approval) == "pending"


def test_a_notification_that_is_too_old_decides_nothing(
    phone: Client, message: dict[str, Any], approval: Approval
) -> None:
    Notice.objects.update(token_until=timezone.now() - timedelta(seconds=1))
    answer = decide(phone, message)
    assert answer.status_code == 409
    assert "too old" in answer.json()["error"]["message"]
    assert state_of(approval) == "pending"


def test_it_is_bound_to_the_person(phone: Client, message: dict[str, Any], approval: Approval) -> None:
    phone.force_login(make_user(superuser=True))
    assert decide(phone, message).status_code == 403
    assert state_of(approval) == "pending"


def test_it_is_bound_to_the_device(
    phone: Client,
    message: dict[str, Any],
    approval: Approval,
    operator: Any,
) -> None:
    other = Client()
    other.force_login(operator)
    answer = decide(other, message)
    assert answer.status_code == 403
    assert "another device" in answer.json()["error"]["message"]
    other.cookies["victor_device"] = "1:forged:signature"
    assert decide(other, message).status_code == 403
    assert state_of(approval) == "pending"


def test_who_lost_the_right_decides_nothing(
    phone: Client,
    message: dict[str, Any],
    approval: Approval,
    operator: Any,
    swarm: Swarm,
) -> None:
    grant(operator, "viewer", swarm)
    assert decide(phone, message).status_code == 403
    assert state_of(approval) == "pending"


def test_without_a_session_nothing_is_decided(message: dict[str, Any], approval: Approval) -> None:
    assert decide(Client(), message).status_code == 302
    assert state_of(approval) == "pending"


@pytest.mark.parametrize(
    "headers", [{"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}, {"Origin": "null"}]
)
def test_another_site_cannot_decide(
    phone: Client, message: dict[str, Any], approval: Approval, headers: dict[str, str]
) -> None:
    assert decide(phone, message, **headers).status_code == 403
    assert state_of(approval) == "pending"


def test_a_form_of_another_site_cannot_decide(phone: Client, message: dict[str, Any], approval: Approval) -> None:
    assert phone.post(DECIDE, {"token": message["token"], "decision": "approve"}).status_code == 400
    assert state_of(approval) == "pending"


@pytest.mark.parametrize(
    ("said", "status"), [({"token": "guessed"}, 404), ({"token": ""}, 404), ({}, 404), ({"decision": "maybe"}, 400)]
)
def test_what_makes_no_sense_is_refused(
    phone: Client, message: dict[str, Any], approval: Approval, said: dict[str, Any], status: int
) -> None:
    whole = {"decision": "approve"} | said
    assert phone.post(DECIDE, whole, content_type=JSON).status_code == status
    assert state_of(approval) == "pending"


def test_a_digest_decides_nothing(
    service: PushService,
    phone: Client,
    approval: Approval,
    swarm: Swarm,
) -> None:
    ask(swarm, ref=approval.pk, kind="approval", object_kind="approval")
    for n in range(9):
        ask(swarm, ref=n)
    deliver()
    (message,) = service.messages()
    assert [one["action"] for one in message["actions"]] == ["open"]
    assert decide(phone, message).status_code == 404
    assert state_of(approval) == "pending"


def test_the_device_that_answered_is_not_told_again(
    service: PushService,
    phone: Client,
    message: dict[str, Any],
) -> None:
    decide(phone, message)
    deliver()
    assert len(service.messages()) == 1
