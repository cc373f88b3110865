"""Turns a provider's HTTP error into the right `LlmError`, for the wire that speaks HTTP itself."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from agents.llm import errors
from agents.llm.errors import LlmError, excerpt
from agents.llm.types import Connection
from victoros.lib.sentences import sentence as _

_QUOTA_WORDS = (
    "insufficient_quota",
    "billing_hard_limit",
    "credit_balance",
    "credit balance",
    "spend_limit",
    "usage_limit",
)
_LENGTH_WORDS = (
    "context_length",
    "exceed_context_size",
    "context size",
    "prompt is too long",
    "maximum context",
)


def explain_status(connection: Connection, status: int, headers: Mapping[str, str], body: str) -> LlmError:
    """Return the error for an HTTP status of 300 and above."""
    who, said = connection.name or connection.kind, _find_message(body)

    def say(message: str) -> str:
        return errors.add_words(message, said)

    if status == 402 or (status in (400, 403, 429) and _says(body, _QUOTA_WORDS)):
        return errors.LlmQuotaUsedUp(
            say(_("The quota at %(who)s is used up.") % {"who": who}),
            hint=_("Add credit, or use another provider."),
        )
    if status == 401:
        return errors.LlmUnauthenticated(
            say(_("%(who)s does not accept the key.") % {"who": who}), hint=_("Check the provider's key.")
        )
    if status == 403:
        return errors.LlmForbidden(
            say(_("%(who)s does not allow this request.") % {"who": who}),
            hint=_("Check what the key may do."),
        )
    if status == 404:
        return errors.LlmMisconfigured(
            say(_("%(who)s knows no model %(model)s at this address.") % {"who": who, "model": repr(connection.model)}),
            hint=_("Check base URL and model name."),
        )
    if status == 429:
        return errors.LlmLimited(
            say(_("%(who)s asks to wait.") % {"who": who}), retry_after_s=find_retry_after(headers)
        )
    if status in (408, 504):
        return errors.LlmTimeout(say(_("%(who)s gave up waiting (%(status)s).") % {"who": who, "status": status}))
    if status >= 500:
        return errors.LlmServerFailed(
            say(_("%(who)s failed (%(status)s).") % {"who": who, "status": status}),
            retry_after_s=find_retry_after(headers),
        )
    if status < 400:
        return errors.LlmMisconfigured(
            _("%(who)s redirects elsewhere (%(status)s).") % {"who": who, "status": status},
            hint=_("Use the final base URL."),
        )
    return _explain_rejection(who, status, body, said)


def find_retry_after(headers: Mapping[str, str]) -> float | None:
    """Return the seconds a provider asks to wait: `retry-after-ms`, or `Retry-After` as seconds or HTTP date."""
    try:
        if "retry-after-ms" in headers:
            return max(0.0, float(headers["retry-after-ms"]) / 1000)
        value = headers.get("retry-after", "")
        if not value:
            return None
        return max(0.0, float(value) if _is_number(value) else _seconds_until(value))
    except (ValueError, TypeError):
        return None


def _explain_rejection(who: str, status: int, body: str, said: str) -> LlmError:
    if _says(body, _LENGTH_WORDS):
        return errors.LlmRejected(
            errors.add_words(_("The request is longer than %(who)s can read.") % {"who": who}, said),
            hint=_("Send less text at once."),
        )
    message = _("%(who)s refuses this request (%(status)s).") % {"who": who, "status": status}
    return errors.LlmRejected(errors.add_words(message, said))


def _says(body: str, words: tuple[str, ...]) -> bool:
    lowered = body.lower()
    return any(word in lowered for word in words)


def _find_message(body: str) -> str:
    """Return the message of the usual error shapes (`{"error": {"message": ...}}` and its kin), else the body."""
    try:
        found: Any = json.loads(body)
    except ValueError:
        return excerpt(body)
    for key in ("error", "message"):
        if isinstance(found, dict):
            found = found.get(key, found)
    return excerpt(found if isinstance(found, str) else body)


def _is_number(value: str) -> bool:
    return value.replace(".", "", 1).isdigit()


def _seconds_until(http_date: str) -> float:
    moment = parsedate_to_datetime(http_date)
    return ((moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - datetime.now(UTC)).total_seconds()
