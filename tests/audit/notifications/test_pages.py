"""The page of notifications: each person sees and changes what is his own, and every button says what really came of it."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone, translation

from agents.models import Swarm
from audit.models import Channel, Entry, Notice, PushSubscription, SwarmWish, Wishes
from audit.notifications.channels import MOST_CHANNELS, READS_FILES
from audit.notifications.jobs import deliver
from tests.agents.commands.conftest import Victor, victor
from tests.agents.factories import make_user
from tests.audit.notifications.conftest import add_device, ask
from tests.standins.push_service import PushService

__all__ = ["victor"]
pytestmark = pytest.mark.django_db
PAGE = "/account/notifications/"
JSON = "application/json"


@pytest.fixture
def browser(client: Client, operator: Any) -> Client:
    """The operator's browser."""
    client.force_login(operator)
    return client


def say_on(service: PushService, name: str = "phone") -> dict[str, Any]:
    """Return what the page's script sends when a device is turned on."""
    return {"name": name, "subscription": service.handset(name).as_browser_says()}


def wish(**fields: Any) -> dict[str, Any]:
    """Return a filled-in form."""
    plain = {
        "least_severity": "60",
        "told_kinds": ["approval", "question"],
        "quiet_from": "22:00",
        "quiet_until": "07:00",
        "time_zone": "Europe/Berlin",
        "urgent_breaks_quiet": "on",
        "digest_over": "3",
        "fall_back_min": "10",
    }
    return plain | fields


def test_a_device_is_turned_on_and_its_keys_are_sealed(service: PushService, browser: Client) -> None:
    answer = browser.post(f"{PAGE}devices/", say_on(service), content_type=JSON)
    assert answer.status_code == 200
    device = PushSubscription.objects.get()
    assert answer.json()["id"] == device.pk
    assert service.url not in device.sealed
    assert answer.cookies["victor_device"]["httponly"]
    page = browser.get(PAGE).text
    assert "this one" in page
    assert 'data-known="yes"' in page
    assert Entry.objects.filter(kind="device.added").count() == 1


def test_turning_on_twice_is_one_device(service: PushService, browser: Client) -> None:
    said = say_on(service)
    for name in ("phone", "renamed"):
        browser.post(f"{PAGE}devices/", said | {"name": name}, content_type=JSON)
    assert PushSubscription.objects.get().name == "renamed"


def test_a_browser_that_changes_hands_is_told_for_its_new_owner_only(
    service: PushService, browser: Client, swarm: Swarm
) -> None:
    said = say_on(service)
    browser.post(f"{PAGE}devices/", said, content_type=JSON)
    other = make_user("operator", swarm)
    browser.force_login(other)
    browser.post(f"{PAGE}devices/", said, content_type=JSON)
    assert PushSubscription.objects.get().user == other


@pytest.mark.parametrize(
    "said",
    [
        {},
        {"subscription": "x"},
        {"subscription": {"endpoint": "http://192.168.1.1/", "keys": {"p256dh": "x", "auth": "x"}}},
        {"subscription": {"endpoint": "https://push.example.com/x", "keys": {"p256dh": "x", "auth": "x"}}},
        {"subscription": {"endpoint": 7, "keys": {"p256dh": [], "auth": None}}},
    ],
)
def test_what_is_no_subscription_is_refused(browser: Client, said: dict[str, Any]) -> None:
    answer = browser.post(f"{PAGE}devices/", said, content_type=JSON, headers={"Accept": JSON})
    assert answer.status_code == 400
    assert answer.json()["error"]["hint"]
    assert not PushSubscription.objects.exists()


def test_turning_on_needs_the_csrf_token(service: PushService, operator: Any) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(operator)
    assert strict.post(f"{PAGE}devices/", say_on(service), content_type=JSON).status_code == 403


def test_the_test_button_says_what_the_push_service_said(
    service: PushService, browser: Client, phone: PushSubscription
) -> None:
    address = f"{PAGE}devices/{phone.pk}/test/"
    assert "127.0.0.1 took it in" in browser.post(address, follow=True).text
    assert service.messages()[0]["title"] == "Victor.os reaches this device"
    service.answer("phone", 503)
    assert "is busy (503)" in browser.post(address, follow=True).text
    service.answer("phone", 410)
    assert "has unsubscribed (410)" in browser.post(address, follow=True).text
    assert not PushSubscription.objects.exists()


def test_a_device_says_that_it_showed_the_test(service: PushService, browser: Client, phone: PushSubscription) -> None:
    browser.post(f"{PAGE}devices/{phone.pk}/test/")
    token = service.messages()[0]["token"]
    assert Client().post(f"{PAGE}shown/", {"token": token}, content_type=JSON).status_code == 204
    assert "last shown" in browser.get(PAGE).text
    assert Client().post(f"{PAGE}shown/", {"token": "guessed"}, content_type=JSON).status_code == 404
    assert Client().post(f"{PAGE}shown/", {"token": ""}, content_type=JSON).status_code == 404


def test_nobody_touches_the_devices_and_channels_of_others(
    service: PushService, client: Client, phone: PushSubscription, operator: Any
) -> None:
    channel = Channel.objects.create(user=operator, name="mail", schema="json", sealed_url="x")
    client.force_login(make_user(superuser=True))
    for path in (f"devices/{phone.pk}/test/", f"devices/{phone.pk}/remove/", f"channels/{channel.pk}/remove/"):
        assert client.post(f"{PAGE}{path}").status_code == 404
    assert client.post(f"{PAGE}channels/{channel.pk}/test/").status_code == 404
    assert f'id="device-{phone.pk}"' not in client.get(PAGE).text


def test_a_device_is_removed_after_a_question(service: PushService, browser: Client, phone: PushSubscription) -> None:
    assert "Remove phone?" in browser.get(f"{PAGE}devices/{phone.pk}/remove/").text
    browser.post(f"{PAGE}devices/{phone.pk}/remove/")
    assert not PushSubscription.objects.exists()
    assert Entry.objects.filter(kind="device.removed").count() == 1
    assert browser.post(f"{PAGE}devices/{phone.pk}/remove/").status_code == 404


def test_a_device_whose_address_changed_stays_itself(
    service: PushService, browser: Client, phone: PushSubscription
) -> None:
    former = f"{service.url}/phone"
    said = {"former": former, "subscription": service.handset("moved").as_browser_says()}
    assert browser.post(f"{PAGE}devices/renew/", said, content_type=JSON).status_code == 200
    assert PushSubscription.objects.get().pk == phone.pk
    assert browser.post(f"{PAGE}devices/renew/", said, content_type=JSON).status_code == 404
    foreign = {"Origin": "https://evil.example"}
    assert browser.post(f"{PAGE}devices/renew/", said, content_type=JSON, headers=foreign).status_code == 403


def test_wishes_are_kept_and_shown_again(browser: Client, operator: Any, swarm: Swarm) -> None:
    browser.post(PAGE, wish(**{f"swarm_{swarm.pk}": "101"}))
    wishes = Wishes.objects.get(user=operator)
    assert (wishes.least_severity, wishes.digest_over, wishes.fall_back_min) == (60, 3, 10)
    assert "failed" in wishes.muted_kinds
    assert SwarmWish.objects.get().least_severity == 101
    page = browser.get(PAGE).text
    assert 'value="22:00"' in page
    assert 'value="Europe/Berlin"' in page


@pytest.mark.parametrize(("field", "value"), [("digest_over", "0"), ("quiet_from", "25:00"), ("least_severity", "17")])
def test_a_form_that_makes_no_sense_comes_back(browser: Client, field: str, value: str) -> None:
    answer = browser.post(PAGE, wish(**{field: value}))
    assert answer.status_code == 422
    assert f'id="id_{field}_error"' in answer.text
    assert not Wishes.objects.exists()


def test_a_time_zone_that_does_not_exist_is_refused(browser: Client) -> None:
    assert browser.post(PAGE, wish(time_zone="Mars/Olympus")).status_code == 400
    assert not Wishes.objects.exists()


def test_a_channel_is_added_tried_and_removed(service: PushService, browser: Client) -> None:
    address = f"{service.url.replace('http', 'json')}/chat?+secret=hunter2hunter2"
    browser.post(f"{PAGE}channels/", {"name": "chat", "url": address})
    channel = Channel.objects.get()
    assert "hunter2" not in channel.sealed_url
    assert "hunter2" not in browser.get(PAGE).text
    assert "Sent through json" in browser.post(f"{PAGE}channels/{channel.pk}/test/", follow=True).text
    assert b"Victor.os reaches you here" in service.received[0].body
    service.answer("chat", 500)
    said = browser.post(f"{PAGE}channels/{channel.pk}/test/", follow=True).text
    assert "Not sent through json" in said
    assert "hunter2" not in said
    browser.post(f"{PAGE}channels/{channel.pk}/remove/")
    assert not Channel.objects.exists()


@pytest.mark.parametrize(
    "address",
    [
        "file:///etc/passwd",
        "dbus://",
        "slack://a/b/c",
        "nonsense",
        "json://",
        "json://127.0.0.1/ x",
        *(f"json://127.0.0.1/?{name}=/etc/passwd" for name in sorted(READS_FILES)),
    ],
)
def test_addresses_that_are_not_allowed_are_refused(browser: Client, address: str) -> None:
    answer = browser.post(f"{PAGE}channels/", {"name": "x", "url": address})
    assert answer.status_code == 422
    assert not Channel.objects.exists()


def test_a_channel_does_not_lead_into_a_private_network(
    service: PushService, browser: Client, notify_settings: Any
) -> None:
    browser.post(f"{PAGE}channels/", {"name": "chat", "url": f"{service.url.replace('http', 'json')}/chat"})
    notify_settings.VICTOR_NOTIFY_PRIVATE = False
    assert "Not sent" in browser.post(f"{PAGE}channels/{Channel.objects.get().pk}/test/", follow=True).text
    assert service.received == []


def test_nobody_has_more_channels_than_allowed(service: PushService, browser: Client) -> None:
    for n in range(MOST_CHANNELS + 1):
        answer = browser.post(f"{PAGE}channels/", {"name": f"{n}", "url": f"json://127.0.0.1:1/{n}"})
    assert answer.status_code == 409
    assert Channel.objects.count() == MOST_CHANNELS


def test_a_channel_is_used_when_no_device_showed_it_in_time(
    service: PushService, browser: Client, swarm: Swarm, phone: PushSubscription
) -> None:
    browser.post(f"{PAGE}channels/", {"name": "chat", "url": f"{service.url.replace('http', 'json')}/chat"})
    ask(swarm, ref=1)
    ask(swarm, ref=2)
    deliver()
    first = service.messages()[0]
    Client().post(f"{PAGE}shown/", {"token": first["token"]}, content_type=JSON)
    assert [one.path for one in service.received] == ["/phone", "/phone"]
    Notice.objects.filter(status="waiting").update(due_at=timezone.now())
    deliver()
    (received,) = [one for one in service.received if one.path == "/chat"]
    assert b"A question for you" in received.body
    assert b"/needs-me/" in received.body
    notes = set(Notice.objects.exclude(channel=None).values_list("status", flat=True))
    assert notes == {"sent", "dropped"}


def test_without_a_device_a_channel_is_used_at_once(service: PushService, browser: Client, swarm: Swarm) -> None:
    browser.post(f"{PAGE}channels/", {"name": "chat", "url": f"{service.url.replace('http', 'json')}/chat"})
    ask(swarm)
    deliver()
    assert [one.path for one in service.received] == ["/chat"]


def test_the_page_costs_the_same_queries_with_little_and_with_much(
    service: PushService, browser: Client, swarm: Swarm, operator: Any
) -> None:
    counts = []
    for number in (1, 8):
        for n in range(number):
            add_device(service, operator, f"device{number}{n}")
            ask(swarm, ref=number * 100 + n)
        deliver()
        with CaptureQueriesContext(connection) as queries:
            browser.get(PAGE)
        counts.append(len(queries))
    assert counts[0] == counts[1]


@pytest.mark.parametrize(("written", "read"), [("de", "en"), ("en", "de")])
def test_why_a_device_or_channel_failed_is_said_in_the_language_of_who_reads_it(
    service: PushService, browser: Client, phone: PushSubscription, victor: Victor, written: str, read: str
) -> None:
    service.answer("phone", 500)
    said = {"de": "127.0.0.1 ist überlastet (500).", "en": "127.0.0.1 is busy (500)."}
    browser.post(f"{PAGE}devices/{phone.pk}/test/", headers={"accept-language": written})
    assert said[written] in browser.get(PAGE, headers={"accept-language": written}).text
    assert said[read] in browser.get(PAGE, headers={"accept-language": read}).text
    with translation.override(read):
        assert victor("notify", "list", "--json").document["items"][0]["last_error"] == said[read]
        assert said[read] in victor("notify", "list").out


@pytest.mark.parametrize("written", ["de", "en"])
def test_why_a_device_went_is_a_code_in_the_record(
    service: PushService, browser: Client, phone: PushSubscription, victor: Victor, written: str
) -> None:
    reader = Client()
    reader.force_login(make_user(superuser=True))
    service.answer("phone", 410)
    browser.post(f"{PAGE}devices/{phone.pk}/test/", headers={"accept-language": written})
    assert not PushSubscription.objects.exists()
    entry = Entry.objects.get(kind="device.removed")
    assert entry.detail == {"why": "unsubscribed"}
    said = {"de": "why: sein Push", "en": "why: its push"}
    for language in said:
        with translation.override(language):
            listed = victor("audit", "list", "--kind", "device.removed")
            assert said[language] in listed.out
            assert said[language] in reader.get("/audit/", headers={"accept-language": language}).text
            document = victor("audit", "list", "--kind", "device.removed", "--json").document
            assert document["items"][0]["detail"] == {"why": "unsubscribed"}


def test_a_stranger_is_led_to_the_sign_in(client: Client) -> None:
    for path in ("", "devices/", "devices/renew/", "channels/"):
        assert client.post(f"{PAGE}{path}").status_code == 302
