"""What may stand in names and lists that people and agents type; the one place that refuses the rest."""

import json
import re
import unicodedata
from collections.abc import Iterable
from typing import Any

from agents.models import Swarm
from agents.tools.policy import VERDICTS
from agents.tools.registry import check_tool_names
from victoros.lib.errors import Conflict, InvalidInput

_TURNS_TEXT = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""Signs that turn the direction of the text after them, so that a name can look like another."""
_CAPABILITY = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")


def clean_name(name: str, noun: str, longest: int = 80) -> str:
    """Return `name` trimmed; refuse an empty, too long or unprintable one."""
    trimmed = name.strip()
    if not trimmed:
        raise InvalidInput(f"The {noun} needs a name.", hint=f"Give 1 to {longest} characters.")
    return _clean_line(trimmed, f"name of the {noun}", longest)


def clean_line(text: str, what: str, longest: int) -> str:
    """Return one line of text trimmed; it may be empty."""
    return _clean_line(text.strip(), what, longest)


def clean_text(text: str, what: str, longest: int = 100_000) -> str:
    """Return a longer text as it is; refuse one that is too long or holds a null character."""
    if len(text) > longest:
        raise InvalidInput(f"The {what} has {len(text):,} characters; {longest:,} are allowed.", hint="Shorten it.")
    if "\x00" in text:
        raise InvalidInput(f"The {what} holds a null character.", hint="It may be a binary file; send plain text.")
    return text


def clean_data(data: dict[str, Any] | None, what: str, longest: int = 200_000) -> dict[str, Any]:
    """Return data that JSON columns of both databases can hold; refuse null characters and too much of it."""
    text = json.dumps(data or {})
    if len(text) > longest or "\\u0000" in text:
        raise InvalidInput(
            f"The data of the {what} is too long or holds a null character.",
            hint=f"Send at most {longest:,} characters of JSON; put longer texts into a file.",
        )
    return data or {}


def clean_capabilities(words: Iterable[str]) -> list[str]:
    """Return capabilities sorted, once each."""
    cleaned = sorted({word.strip() for word in words if word.strip()})
    for word in cleaned:
        if not _CAPABILITY.fullmatch(word):
            raise InvalidInput(
                f"{word[:60]!r} cannot be a capability.",
                hint="Use lower-case letters, digits and hyphens, 1 to 40 characters, such as read-logs.",
            )
    return cleaned


def clean_tools(names: Iterable[str]) -> list[str]:
    """Return names of tools in the order given, once each; every one must exist."""
    return check_tool_names(name.strip() for name in names if name.strip())


def clean_policy(policy: dict[str, Any] | None) -> dict[str, str]:
    """Return a swarm's policy: names of tools, each with allow, ask or refuse."""
    chosen = dict(policy or {})
    clean_tools(chosen)
    for tool, word in chosen.items():
        if word not in VERDICTS:
            raise InvalidInput(
                f"The policy for {tool} says {str(word)[:40]!r}.", hint=f"Use one of: {', '.join(VERDICTS)}."
            )
    return chosen


def require_open(swarm: Swarm) -> None:
    """Refuse to change what has been archived."""
    if swarm.archived_at is not None:
        raise Conflict(f"The swarm {swarm.name} is archived.", hint="Choose another swarm, or make a new one.")


def _clean_line(text: str, what: str, longest: int) -> str:
    if len(text) > longest:
        raise InvalidInput(f"The {what} has {len(text)} characters; {longest} are allowed.", hint="Shorten it.")
    if any(unicodedata.category(sign) in ("Cc", "Cs", "Zl", "Zp") or sign in _TURNS_TEXT for sign in text):
        raise InvalidInput(f"The {what} holds a line break or control character.", hint="Use one line of plain text.")
    return text
