"""One encrypted message to one device over its push service, and what came of it. Knows no rows.

What it imports takes a third of a second to load: import it where something is sent, not at the top of a module.
"""

import binascii
import json
import time
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

import requests
from django.conf import settings
from pywebpush import WebPusher, WebPushException

from audit.notifications import keys
from audit.notifications.targets import Outcome, Target, address_fault
from victoros.lib.outside import PrivateAddress, only_outside
from victoros.lib.sentences import sentence as _

TIMEOUT_S = (5.0, 10.0)
"""To connect, and then for the answer."""
LONGEST_BODY = 3000
"""Bytes of a message; push services take 4,096 with the encryption around it."""
LONGEST_REST_S = 24 * 3600


def keys_fault(target: Target) -> str:
    """Return why the device's keys cannot be used; empty when they can."""
    try:
        WebPusher(_as_info(target)).encode(b"?")
    except (WebPushException, ValueError, TypeError, IndexError, binascii.Error):
        return _("its keys are no keys of a push subscription")
    return ""


def push(target: Target, message: dict[str, Any], *, ttl_s: int, topic: str = "", urgent: bool = False) -> Outcome:
    """Send one message. At most one try; it never raises for what the network or the service does."""
    if fault := address_fault(target.endpoint):
        return Outcome(False, _("Not sent: %(fault)s.") % {"fault": fault}, may_retry=False)
    body = json.dumps(message, ensure_ascii=False, separators=(",", ":")).encode()
    if len(body) > LONGEST_BODY:
        raise ValueError(f"a message of {len(body)} bytes is too long to push")
    begun = time.monotonic()
    try:
        with only_outside(private=settings.VICTOR_NOTIFY_PRIVATE), _session() as session:
            answer = session.post(
                target.endpoint,
                data=WebPusher(_as_info(target)).encode(body)["body"],
                headers=_headers(target.endpoint, ttl_s, topic, urgent),
                timeout=TIMEOUT_S,
                allow_redirects=False,
                stream=True,
            )
            return _judge(answer, time.monotonic() - begun)
    except (WebPushException, requests.RequestException, OSError, ValueError) as error:
        return _explain(error, time.monotonic() - begun)


def _session() -> requests.Session:
    session = requests.Session()
    session.trust_env = False  # no proxy: the address itself is what is checked
    return session


def _headers(endpoint: str, ttl_s: int, topic: str, urgent: bool) -> dict[str, str]:
    headers = {
        "Authorization": keys.sign(endpoint),
        "Content-Encoding": "aes128gcm",
        "TTL": str(max(ttl_s, 0)),
        "Urgency": "high" if urgent else "normal",
    }
    return headers | ({"Topic": topic} if topic else {})


def _as_info(target: Target) -> dict[str, Any]:
    return {"endpoint": target.endpoint, "keys": {"p256dh": target.p256dh, "auth": target.auth}}


def _judge(answer: requests.Response, took_s: float) -> Outcome:
    code, host = answer.status_code, urlsplit(answer.url).hostname
    if code in (404, 410):
        return Outcome(
            False,
            _("%(host)s says that this device has unsubscribed (%(code)s).") % {"host": host, "code": code},
            True,
            False,
            took_s=took_s,
        )
    if 200 <= code < 300:
        return Outcome(
            True,
            _("%(host)s took it in %(value)s ms (%(code)s).")
            % {"host": host, "value": f"{took_s * 1000:.0f}", "code": code},
            took_s=took_s,
        )
    rest_s = _read_rest(answer.headers.get("Retry-After", ""))
    if code == 429 or code >= 500:
        return Outcome(
            False, _("%(host)s is busy (%(code)s).") % {"host": host, "code": code}, rest_s=rest_s, took_s=took_s
        )
    return Outcome(
        False,
        _("%(host)s refused it (%(code)s): %(answer)s") % {"host": host, "code": code, "answer": _first_words(answer)},
        may_retry=False,
        took_s=took_s,
    )


def _first_words(answer: requests.Response) -> str:
    start = next(answer.iter_content(300), b"") if answer.headers.get("Content-Length") != "0" else b""
    return " ".join(start.decode(errors="replace").split())[:120] or _("no reason given")


def _read_rest(text: str) -> float | None:
    """Return the seconds of a `Retry-After` header, which may be a number or a date; None when it says nothing."""
    if text.strip().isdecimal():
        return min(float(text), LONGEST_REST_S)
    try:
        until = parsedate_to_datetime(text)
    except ValueError:
        return None
    return min(max((until - datetime.now(UTC)).total_seconds(), 0.0), LONGEST_REST_S)


def _explain(error: Exception, took_s: float) -> Outcome:
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, PrivateAddress):
            return Outcome(False, _("Not sent: %(cause)s.") % {"cause": cause.args[0]}, may_retry=False, took_s=took_s)
        reason = getattr(cause, "reason", None)
        inner = next((one for one in cause.args if isinstance(one, BaseException)), None)
        cause = reason if isinstance(reason, BaseException) else cause.__cause__ or cause.__context__ or inner
    return Outcome(False, _("Not reached: %(name)s.") % {"name": type(error).__name__}, took_s=took_s)
