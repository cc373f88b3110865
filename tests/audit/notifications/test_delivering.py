"""From an item to the devices of those who may settle it: once each, in time or not at all, and taken back when it is settled."""

from datetime import timedelta
from typing import Any

import pytest
import redis
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import Settings

from agents.models import Swarm
from audit.actors import SYSTEM
from audit.attention import settle_item
from audit.models import AttentionItem, Notice, PushSubscription
from audit.notifications import jobs
from audit.notifications.jobs import deliver, keep_up
from audit.notifications.planning import plan_some
from audit.notifications.ringing import JOB
from audit.notifications.subscriptions import MOST_DEVICES
from audit.notifications.wishes import IMPORTANT, NOTHING, Given, set_wishes
from tests.agents.factories import OPERATOR, make_swarm, make_user
from tests.audit.notifications.conftest import add_device, ask
from tests.standins.push_service import PushService
from victoros.lib.errors import LimitReached

pytestmark = pytest.mark.django_db


def hurry(**fields: Any) -> None:
    """Let what waits be due now."""
    Notice.objects.filter(status="waiting").update(due_at=timezone.now(), **fields)
    PushSubscription.objects.update(paused_until=None)


def statuses() -> list[tuple[str, str]]:
    """Return status and note of every notice."""
    return list(Notice.objects.order_by("id").values_list("status", "note"))


def test_an_item_is_told_once_and_says_nothing_secret(
    service: PushService, swarm: Swarm, phone: PushSubscription
) -> None:
    item = ask(swarm, title="Send the launch codes to kim?", body="key 12345")
    assert deliver() > 0
    assert deliver() == 0
    (message,) = service.messages()
    assert message["title"] == "A question for you"
    assert message["body"] == "editor in desk"
    assert message["tag"] == f"item-{item.pk}"
    assert "codes" not in str(message)
    assert "12345" not in str(message)


def test_the_short_title_comes_along_where_a_setting_allows_it(
    service: PushService, swarm: Swarm, phone: PushSubscription, settings: Settings
) -> None:
    settings.VICTOR_NOTIFY_TITLES = True
    ask(swarm, title="Which of the two? " * 20)
    deliver()
    body = service.messages()[0]["body"]
    assert "Which of the two?" in body
    assert len(body) < 260


def test_every_device_of_everybody_who_may_settle_it_is_told_and_nobody_else(
    service: PushService, swarm: Swarm, phone: PushSubscription, operator: Any
) -> None:
    add_device(service, operator, "desk")
    add_device(service, make_user(superuser=True), "root")
    add_device(service, make_user("viewer", swarm), "viewer")
    add_device(service, make_user("operator", make_swarm()), "stranger")
    left = make_user("operator", swarm)
    add_device(service, left, "left")
    left.__class__.objects.filter(pk=left.pk).update(is_active=False)
    ask(swarm)
    deliver()
    assert sorted(one.path for one in service.received) == ["/desk", "/phone", "/root"]


def test_a_device_that_has_unsubscribed_is_removed(service: PushService, swarm: Swarm, phone: PushSubscription) -> None:
    service.answer("phone", 410)
    ask(swarm)
    deliver()
    assert not PushSubscription.objects.exists()
    assert statuses() == []


def test_a_busy_service_is_left_alone_as_long_as_it_asks_and_then_tried_again(
    service: PushService, swarm: Swarm, phone: PushSubscription
) -> None:
    service.answer("phone", 429, Retry_After="300")
    ask(swarm)
    deliver()
    notice = Notice.objects.get()
    assert notice.status == "waiting"
    assert timedelta(seconds=290) < notice.due_at - timezone.now() <= timedelta(seconds=300)
    ask(swarm, ref=2)
    deliver()  # the device rests: a second item does not wake it
    phone.refresh_from_db()
    assert phone.failures == 1
    service.answer("phone", 201)
    hurry()
    deliver()
    assert [status for status, _ in statuses()] == ["sent", "sent"]
    phone.refresh_from_db()
    assert (phone.failures, phone.last_error) == (0, "")


def test_what_fails_again_and_again_is_given_up_with_the_reason(
    service: PushService, swarm: Swarm, phone: PushSubscription
) -> None:
    service.answer("phone", 500)
    ask(swarm)
    for _ in range(6):
        deliver()
        hurry()
    ((status, note),) = statuses()
    assert status == "failed"
    assert "busy (500)" in note


def test_what_is_late_is_dropped_and_says_so(service: PushService, swarm: Swarm, phone: PushSubscription) -> None:
    service.answer("phone", 500)
    ask(swarm)
    deliver()
    hurry(late_at=timezone.now() - timedelta(seconds=1))
    service.answer("phone", 201)
    deliver()
    assert statuses() == [("dropped", "too late: it could not be sent in time")]
    assert service.received == []


def test_old_items_are_not_told_when_sending_begins_late(
    service: PushService, swarm: Swarm, phone: PushSubscription
) -> None:
    ask(swarm)
    AttentionItem.objects.update(created_at=timezone.now() - timedelta(days=1))
    deliver()
    assert statuses() == []
    assert service.received == []


def test_what_was_settled_before_is_not_sent(service: PushService, swarm: Swarm, phone: PushSubscription) -> None:
    service.answer("phone", 500)
    item = ask(swarm)
    deliver()
    settle_item(actor=OPERATOR, item=item)
    hurry()
    service.answer("phone", 201)
    deliver()
    assert statuses() == [("dropped", "settled before it was sent")]


def test_what_is_settled_elsewhere_is_taken_away_once(
    service: PushService, swarm: Swarm, phone: PushSubscription
) -> None:
    item = ask(swarm)
    deliver()
    settle_item(actor=OPERATOR, item=item, answer="the secret answer")
    deliver()
    deliver()
    shown, settled = service.messages()
    assert (settled["kind"], settled["tag"]) == ("settled", shown["tag"])
    assert settled["body"] == "A question for you: answered by tester"
    assert Notice.objects.get().withdrawn_at is not None


def test_many_at_once_become_one_message(
    service: PushService, swarm: Swarm, phone: PushSubscription, operator: Any
) -> None:
    for n in range(12):
        ask(swarm, ref=n, kind="failed" if n % 3 else "question")
    deliver()
    (message,) = service.messages()
    assert message["title"] == "12 things need you"
    assert message["body"] == "8 × failed, 4 × question\ndesk"
    assert Notice.objects.filter(status="sent", is_digest=True).count() == 12
    ask(swarm, ref=99)
    deliver()  # within the same minute nothing more is sent
    assert len(service.messages()) == 1
    assert Notice.objects.filter(status="waiting").count() == 1
    for item in AttentionItem.objects.filter(object_ref__lt=12):
        settle_item(actor=OPERATOR, item=item)
    deliver()
    assert [one["tag"] for one in service.messages()] == ["digest", "digest"]


def test_few_are_told_one_by_one(service: PushService, swarm: Swarm, phone: PushSubscription) -> None:
    for n in range(5):
        ask(swarm, ref=n)
    deliver()
    assert len(service.messages()) == 5


def test_wishes_are_followed(service: PushService, swarm: Swarm, phone: PushSubscription, operator: Any) -> None:
    other = make_swarm("other")
    operator.__class__.objects.filter(pk=operator.pk).update(is_superuser=True)
    given = Given(least_severity=IMPORTANT, muted_kinds=("failed",))
    set_wishes(actor=OPERATOR, user=operator, given=given, swarms={other.pk: NOTHING})
    ask(swarm, ref=1, severity=40)
    ask(swarm, ref=2, kind="failed")
    ask(other, ref=3)
    wanted = ask(swarm, ref=4)
    deliver()
    assert [one["tag"] for one in service.messages()] == [f"item-{wanted.pk}"]


def test_a_sender_that_died_holds_nothing_for_long(service: PushService, swarm: Swarm, phone: PushSubscription) -> None:
    ask(swarm)
    service.answer("phone", 500)
    deliver()
    Notice.objects.update(status="sending", claimed_until=timezone.now() + timedelta(seconds=60))
    PushSubscription.objects.update(paused_until=None)
    service.answer("phone", 201)
    assert deliver() == 0
    Notice.objects.update(claimed_until=timezone.now() - timedelta(seconds=1))
    deliver()
    assert [status for status, _ in statuses()] == ["sent"]


def test_a_device_under_another_key_says_what_to_look_at(
    service: PushService, swarm: Swarm, phone: PushSubscription
) -> None:
    PushSubscription.objects.update(application_key="another")
    ask(swarm)
    deliver()
    ((status, note),) = statuses()
    assert status == "failed"
    assert "./victor notify keys" in note


def test_nobody_has_more_devices_than_allowed(service: PushService, operator: Any) -> None:
    for n in range(MOST_DEVICES):
        add_device(service, operator, f"device{n}")
    with pytest.raises(LimitReached):
        add_device(service, operator, "one-more")
    assert PushSubscription.objects.filter(user=operator).count() == MOST_DEVICES


def test_planning_costs_the_same_queries_for_ten_items_and_for_forty(
    service: PushService, swarm: Swarm, phone: PushSubscription
) -> None:
    counts = []
    for number in (10, 40):
        for n in range(number):
            ask(swarm, ref=number * 1000 + n)
        with CaptureQueriesContext(connection) as queries:
            assert plan_some() == number
        counts.append(len(queries))
    assert counts[0] == counts[1]


@pytest.mark.django_db(transaction=True)
def test_a_raised_item_rings_when_its_transaction_has_committed(swarm: Swarm, valkey_url: str) -> None:
    with redis.Redis.from_url(valkey_url) as client:
        with transaction.atomic():
            ask(swarm)
            assert client.llen("rq:queue:chores") == 0
        assert client.llen("rq:queue:chores") == 1
        ask(swarm, ref=2)
        assert client.llen("rq:queue:chores") == 1  # it has not begun: one ring says as much as two
        deliver()
        ask(swarm, ref=3)
        assert client.llen("rq:queue:chores") == 2


@pytest.mark.django_db(transaction=True)
def test_a_lost_ring_is_found_by_the_scheduler(
    service: PushService, swarm: Swarm, phone: PushSubscription, valkey_url: str
) -> None:
    ask(swarm)
    with redis.Redis.from_url(valkey_url) as client:
        client.flushall()
        assert keep_up() == 1
        job = client.lindex("rq:queue:chores", 0)
        assert client.hget(b"rq:job:" + bytes(job), "description").decode().startswith(JOB)
        deliver()
        assert keep_up() == 0


def test_settled_items_are_looked_for_now_and_then(
    service: PushService, swarm: Swarm, phone: PushSubscription, monkeypatch: pytest.MonkeyPatch
) -> None:
    item = ask(swarm)
    deliver()
    settle_item(actor=SYSTEM, item=item)
    monkeypatch.setattr(jobs, "_looked_at", -1e9)
    assert keep_up() == 1
    assert keep_up() == 0
