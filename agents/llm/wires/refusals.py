"""Turns a provider's HTTP error into the right `LlmError`, for the wire that speaks HTTP itself."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from agents.llm import errors
from agents.llm.errors import LlmError, excerpt
from agents.llm.types import Connection

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
    tail = f" It said: {said}" if said else ""
    if status == 402 or (status in (400, 403, 429) and _says(body, _QUOTA_WORDS)):
        return errors.LlmQuotaUsedUp(
            f"The quota at {who} is used up.{tail}",
            hint="Add credit, or use another provider.",
        )
    if status == 401:
        return errors.LlmUnauthenticated(f"{who} does not accept the key.{tail}", hint="Check the provider's key.")
    if status == 403:
        return errors.LlmForbidden(
            f"{who} does not allow this request.{tail}",
            hint="Check what the key may do.",
        )
    if status == 404:
        return errors.LlmMisconfigured(
            f"{who} knows no model {connection.model!r} at this address.{tail}",
            hint="Check base URL and model name.",
        )
    if status == 429:
        return errors.LlmLimited(f"{who} asks to wait.{tail}", retry_after_s=find_retry_after(headers))
    if status in (408, 504):
        return errors.LlmTimeout(f"{who} gave up waiting ({status}).{tail}")
    if status >= 500:
        return errors.LlmServerFailed(f"{who} failed ({status}).{tail}", retry_after_s=find_retry_after(headers))
    if status < 400:
        return errors.LlmMisconfigured(f"{who} redirects elsewhere ({status}).", hint="Use the final base URL.")
    return _explain_rejection(who, status, body, tail)


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


def _explain_rejection(who: str, status: int, body: str, tail: str) -> LlmError:
    if _says(body, _LENGTH_WORDS):
        return errors.LlmRejected(
            f"The request is longer than {who} can read.{tail}",
            hint="Send less text at once.",
        )
    return errors.LlmRejected(f"{who} refuses this request ({status}).{tail}")


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
