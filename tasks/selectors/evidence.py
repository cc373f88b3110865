"""The evidence of a result in a few lines; whatever agents and checkers left there, cut to what one can read."""

import re
from collections.abc import Iterator
from typing import Any

from django.utils.translation import gettext as _

LONGEST = 240
_HASH = re.compile(r"[0-9a-f]{40,128}")


def describe_evidence(evidence: dict[str, Any]) -> list[tuple[str, str]]:
    """Return evidence as names and words, what others verified first; empty values are left out."""
    parts = {"verification": evidence["verification"], **evidence} if "verification" in evidence else evidence
    return [(name, text) for name, text in _flatten(parts) if text]


def _flatten(values: dict[str, Any], before: str = "") -> Iterator[tuple[str, str]]:
    for name, value in values.items():
        if isinstance(value, dict) and not before:
            yield from _flatten(value, f"{name} ")
        else:
            yield f"{before}{name}".replace("_", " "), _say(value)


def _say(value: Any) -> str:
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, list):
        return _say_list(value)
    text = "" if value is None else str(value)
    if _HASH.fullmatch(text):
        return f"{text[:12]}…"
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"


def _say_list(values: list[Any]) -> str:
    text = ", ".join(str(value) for value in values)
    if not values or len(text) <= LONGEST / 2:
        return text
    return _("%(count)s in all") % {"count": len(values)}
