"""What a provider's fields may hold; refuses the rest before anything is written."""

import re
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from typing import Any
from urllib.parse import urlsplit

from agents.models import Provider
from agents.services.words import clean_line, clean_name
from victoros.lib.errors import InvalidInput
from victoros.lib.sentences import sentence as _
from victoros.lib.wording import say_word

CHANGEABLE = (
    "name",
    "kind",
    "base_url",
    "model",
    "key_env",
    "price_in_per_mtok",
    "price_out_per_mtok",
    "max_concurrent",
    "total_concurrent",
    "requests_per_min",
    "tokens_per_min",
    "timeout_s",
)
_VARIABLE = re.compile(r"[A-Z][A-Z0-9_]{0,79}")


def apply_fields(provider: Provider, changes: dict[str, Any]) -> list[str]:
    """Set cleaned values on the row; returns the fields that differ now."""
    cleaners: dict[str, Callable[[Any], Any]] = {
        "name": lambda value: clean_name(value, "provider", 60),
        "kind": _clean_kind,
        "base_url": _clean_url,
        "model": lambda value: clean_name(value, "language model", 120),
        "key_env": _clean_variable,
        "price_in_per_mtok": _clean_price,
        "price_out_per_mtok": _clean_price,
        "max_concurrent": lambda value: _clean_number(value, "calls at once", 1000),
        "total_concurrent": lambda value: _clean_limit(value, "calls at once over all cells", 100_000),
        "requests_per_min": lambda value: _clean_limit(value, "requests a minute", 10_000_000),
        "tokens_per_min": lambda value: _clean_limit(value, "tokens a minute", 1_000_000_000),
        "timeout_s": lambda value: _clean_number(value, "seconds", 3600),
    }
    changed = []
    for field, value in changes.items():
        cleaned = cleaners[field](value)
        if getattr(provider, field) != cleaned:
            setattr(provider, field, cleaned)
            changed.append(field)
    return changed


def _clean_kind(kind: str) -> str:
    if kind not in Provider.Kind.values:
        raise InvalidInput(
            _("There is no kind of provider %(value)s.") % {"value": repr(kind[:40])},
            hint=_("Kinds: %(values)s.") % {"values": ", ".join(Provider.Kind.values)},
        )
    return kind


def _clean_url(url: str) -> str:
    trimmed = clean_line(url, "address", 300).rstrip("/")
    if not trimmed:
        return ""
    try:
        parts = urlsplit(trimmed)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        usable = False
    if not usable or parts.username or parts.password:
        raise InvalidInput(
            _("%(value)s is no usable address.") % {"value": repr(trimmed[:80])},
            hint=_(
                "Give http:// or https:// with a host, such as http://127.0.0.1:11434/v1, and the key in its own field."
            ),
        )
    return trimmed


def _clean_variable(name: str) -> str:
    trimmed = clean_line(name, "variable's name", 80)
    if not trimmed:
        return ""
    if not _VARIABLE.fullmatch(trimmed):
        raise InvalidInput(
            _("%(trimmed)s is no name of an environment variable.") % {"trimmed": repr(trimmed)},
            hint=_("Give a name such as OPENAI_API_KEY, not the key."),
        )
    if trimmed.startswith("VICTOR_"):
        raise InvalidInput(
            _("%(trimmed)s is a setting of Victor.os and is never sent to a provider.") % {"trimmed": trimmed},
            hint=_("Put the provider's key in a variable of its own."),
        )
    return trimmed


def _clean_price(price: Decimal | str | None) -> Decimal | None:
    if price is None or price == "":
        return None
    try:
        amount = Decimal(price)
    except InvalidOperation:
        amount = Decimal(-1)
    if not amount.is_finite() or not 0 <= amount < 1_000_000:
        raise InvalidInput(
            _("%(value)s is no price.") % {"value": repr(str(price)[:40])},
            hint=_("Give US dollars per million tokens, such as 0.15."),
        )
    return amount.quantize(Decimal("0.000001"))


def _clean_limit(value: int | None, what: str, most: int) -> int:
    """Return the limit; 0 and None are none."""
    return _clean_number(value, what, most) if value else 0


def _clean_number(value: int, what: str, most: int) -> int:
    if not 1 <= value <= most:
        raise InvalidInput(
            _("%(value)s %(what)s cannot be.") % {"value": value, "what": say_word(what)},
            hint=_("Give a number from 1 to %(most)s.") % {"most": most},
        )
    return value
