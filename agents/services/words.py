"""What may stand in names and lists that people and agents type; the one place that refuses the rest."""

import json
import re
from collections.abc import Iterable
from typing import Any

from agents.models import Swarm
from agents.tools.policy import VERDICTS
from agents.tools.registry import check_tool_names
from victoros.lib.errors import Conflict, InvalidInput
from victoros.lib.sentences import sentence as _
from victoros.lib.signs import holds_odd_signs
from victoros.lib.wording import say_word

_CAPABILITY = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")


def clean_name(name: str, noun: str, longest: int = 80) -> str:
    """Return `name` trimmed; refuse an empty, too long or unprintable one."""
    trimmed = name.strip()
    if not trimmed:
        raise InvalidInput(
            _("The %(noun)s needs a name.") % {"noun": say_word(noun)},
            hint=_("Give 1 to %(longest)s characters.") % {"longest": longest},
        )
    return _clean_line(trimmed, _("name of the %(noun)s") % {"noun": say_word(noun)}, longest)


def clean_line(text: str, what: str, longest: int) -> str:
    """Return one line of text trimmed; it may be empty."""
    return _clean_line(text.strip(), say_word(what), longest)


def clean_text(text: str, what: str, longest: int = 100_000) -> str:
    """Return a longer text as it is; refuse one that is too long or holds a null character."""
    if len(text) > longest:
        raise InvalidInput(
            _("The %(what)s has %(text)s characters; %(longest)s are allowed.")
            % {"what": say_word(what), "text": f"{len(text):,}", "longest": f"{longest:,}"},
            hint=_("Shorten it."),
        )
    if "\x00" in text:
        raise InvalidInput(
            _("The %(what)s holds a null character.") % {"what": say_word(what)},
            hint=_("It may be a binary file; send plain text."),
        )
    return text


def clean_data(data: dict[str, Any] | None, what: str, longest: int = 200_000) -> dict[str, Any]:
    """Return data that JSON columns of both databases can hold; refuse null characters and too much of it."""
    text = json.dumps(data or {})
    if len(text) > longest or "\\u0000" in text:
        raise InvalidInput(
            _("The data of the %(what)s is too long or holds a null character.") % {"what": say_word(what)},
            hint=_("Send at most %(longest)s characters of JSON; put longer texts into a file.")
            % {"longest": f"{longest:,}"},
        )
    return data or {}


def clean_capabilities(words: Iterable[str]) -> list[str]:
    """Return capabilities sorted, once each."""
    cleaned = sorted({word.strip() for word in words if word.strip()})
    for word in cleaned:
        if not _CAPABILITY.fullmatch(word):
            raise InvalidInput(
                _("%(value)s cannot be a capability.") % {"value": repr(word[:60])},
                hint=_("Use lower-case letters, digits and hyphens, 1 to 40 characters, such as read-logs."),
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
                _("The policy for %(tool)s says %(value)s.") % {"tool": tool, "value": repr(str(word)[:40])},
                hint=_("Use one of: %(verdicts)s.") % {"verdicts": ", ".join(VERDICTS)},
            )
    return chosen


def require_open(swarm: Swarm) -> None:
    """Refuse to change what has been archived."""
    if swarm.archived_at is not None:
        raise Conflict(
            _("The swarm %(name)s is archived.") % {"name": swarm.name},
            hint=_("Choose another swarm, or make a new one."),
        )


def _clean_line(text: str, what: str, longest: int) -> str:
    if len(text) > longest:
        raise InvalidInput(
            _("The %(what)s has %(text)s characters; %(longest)s are allowed.")
            % {"what": what, "text": len(text), "longest": longest},
            hint=_("Shorten it."),
        )
    if holds_odd_signs(text):
        raise InvalidInput(
            _("The %(what)s holds a line break or control character.") % {"what": what},
            hint=_("Use one line of plain text."),
        )
    return text
