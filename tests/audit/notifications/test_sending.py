"""One message to one device: what arrives, what every answer of a push service means, and where nothing is ever sent."""

import socket
import stat
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone
from django.utils.http import http_date
from pytest_django import Settings

from audit.notifications import keys
from audit.notifications.sending import keys_fault, push
from audit.notifications.targets import address_fault
from tests.standins.push_service import PushService
from victoros.lib.outside import PrivateAddress, is_public, only_outside

MESSAGE = {"title": "Approval needed", "body": "editor in desk"}


def test_a_message_arrives_encrypted_to_the_device_and_signed(service: PushService) -> None:
    outcome = push(service.handset().target, MESSAGE, ttl_s=60, topic="item-1", urgent=True)
    assert outcome.ok
    (received,) = service.received
    assert received.message == MESSAGE
    assert b"Approval" not in received.body
    wanted = {"TTL": "60", "Urgency": "high", "Topic": "item-1"}
    assert {name: received.headers[name] for name in wanted} == wanted


@pytest.mark.parametrize(
    ("code", "is_gone", "may_retry"), [(404, True, False), (410, True, False), (400, False, False), (500, False, True)]
)
def test_what_an_answer_means(service: PushService, code: int, is_gone: bool, may_retry: bool) -> None:
    handset = service.handset()
    service.answer("phone", code)
    outcome = push(handset.target, MESSAGE, ttl_s=60)
    assert (outcome.ok, outcome.is_gone, outcome.may_retry) == (False, is_gone, may_retry)
    assert str(code) in outcome.text


def test_a_busy_service_says_how_long_to_rest_in_seconds_or_by_a_date(service: PushService) -> None:
    handset = service.handset()
    service.answer("phone", 429, Retry_After="120")
    assert push(handset.target, MESSAGE, ttl_s=60).rest_s == 120
    service.answer("phone", 503, Retry_After=http_date((timezone.now() + timedelta(seconds=90)).timestamp()))
    assert 60 < (push(handset.target, MESSAGE, ttl_s=60).rest_s or 0) <= 90
    service.answer("phone", 503, Retry_After="soon")
    assert push(handset.target, MESSAGE, ttl_s=60).rest_s is None


def test_a_redirect_is_not_followed(service: PushService) -> None:
    handset = service.handset()
    service.answer("phone", 302, Location=f"{service.url}/elsewhere")
    assert not push(handset.target, MESSAGE, ttl_s=60).ok
    assert service.received == []


def test_nobody_there_is_no_fault_of_ours(service: PushService) -> None:
    handset = service.handset()
    handset.url = "http://127.0.0.1:9"
    outcome = push(handset.target, MESSAGE, ttl_s=60)
    assert (outcome.ok, outcome.may_retry) == (False, True)


def test_a_private_address_is_refused_when_it_is_connected_to(service: PushService, settings: Settings) -> None:
    """The form of this address is good: only where it leads gives it away."""
    handset = service.handset()
    handset.url = f"https://localhost:{service.url.rpartition(':')[2]}"
    settings.VICTOR_NOTIFY_PRIVATE = False
    outcome = push(handset.target, MESSAGE, ttl_s=60)
    assert "not an address of the open internet" in outcome.text
    assert not outcome.may_retry
    assert service.received == []


@pytest.mark.parametrize(
    "endpoint",
    ["http://push.example.com/x", "ftp://push.example.com", "https://", "https://u:p@push.example.com/x", "x" * 2000],
)
def test_what_is_no_address_of_a_push_service_is_refused_by_its_form(endpoint: str, settings: Settings) -> None:
    assert address_fault(endpoint)
    assert address_fault("https://push.example.com/x") == ""


def test_loopback_without_tls_needs_the_setting(settings: Settings) -> None:
    assert address_fault("http://127.0.0.1:1/x") == ""
    settings.VICTOR_NOTIFY_PRIVATE = False
    assert address_fault("http://127.0.0.1:1/x")


def test_keys_that_are_none_are_refused(service: PushService) -> None:
    target = service.handset().target
    assert keys_fault(target) == ""
    for broken in ("", "AAAA", "not base64!", target.p256dh[:-8]):
        assert keys_fault(target.__class__(target.endpoint, broken, target.auth))


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("93.184.216.34", True),
        ("2606:2800:220:1:248:1893:25c8:1946", True),
        ("127.0.0.1", False),
        ("10.1.2.3", False),
        ("169.254.169.254", False),
        ("192.168.1.1", False),
        ("100.64.0.1", False),
        ("0.0.0.0", False),
        ("224.0.0.1", False),
        ("::1", False),
        ("::ffff:127.0.0.1", False),
        ("fd00::1", False),
        ("fe80::1%eth0", False),
        ("push.example.com", False),
    ],
)
def test_which_addresses_are_public(address: str, public: bool) -> None:
    assert is_public(address) is public


def test_the_guard_holds_inside_its_block_and_nowhere_else(service: PushService) -> None:
    port = int(service.url.rpartition(":")[2])
    with pytest.raises(PrivateAddress), only_outside():
        socket.create_connection(("localhost", port), 1)
    socket.create_connection(("localhost", port), 1).close()
    with only_outside(private=True):
        socket.create_connection(("localhost", port), 1).close()


def test_the_key_is_made_once_and_only_its_owner_reads_it(settings: Settings, tmp_path: Path) -> None:
    first = keys.public_key()
    assert keys.public_key() == first
    assert stat.S_IMODE((tmp_path / "vapid_key").stat().st_mode) == 0o600
    settings.VICTOR_VAPID_KEY = (tmp_path / "vapid_key").read_text()
    (tmp_path / "vapid_key").unlink()
    assert keys.public_key() == first
    settings.VICTOR_VAPID_KEY = ""
    assert keys.public_key() != first


def test_a_key_that_is_none_is_named(settings: Settings) -> None:
    settings.VICTOR_VAPID_KEY = "nonsense"
    with pytest.raises(keys.KeyUnusable, match="32 bytes in base64url"):
        keys.public_key()
