"""Reasons that rows keep as plain English: those that Victor.os itself wrote are said in the language of who reads them.

What the engine writes in the middle of its work stays one plain column: no sentence is packed, stored or loaded there. A page
recognises its texts by the patterns below; what people and agents wrote fits none and stays as it is.
"""

import re
from collections.abc import Iterator, Mapping
from functools import cache

from django.utils.translation import get_language, gettext, gettext_noop

from victoros.lib.errors import Category

PATTERNS = (
    gettext_noop("It waits for other tasks."),
    gettext_noop("It waits for mail."),
    gettext_noop("It waits for its turn at %(name)s, which is limited to %(limits)s."),
    gettext_noop("%(name)s asked to be left alone for %(number)s s."),
    gettext_noop("It waits for “%(title)s”, which is %(status)s."),
    gettext_noop("It waits for “%(title)s”."),
    gettext_noop("It waits for %(word)s."),
    gettext_noop("It asks: %(question)s"),
    gettext_noop("%(tool)s waits for approval."),
    gettext_noop("%(tool)s is allowed by a standing rule."),
    gettext_noop("%(tool)s has just been decided."),
    gettext_noop("Nobody knows whether %(tool)s took place."),
    gettext_noop("The provider asks to wait %(number)s s: %(why)s"),
    gettext_noop("Stopped by %(name)s."),
    gettext_noop("Paused by %(name)s."),
    gettext_noop("Cancelled by %(name)s."),
    gettext_noop("The swarm was stopped by %(name)s."),
    gettext_noop("%(agent)s was stopped by %(name)s."),
    gettext_noop("Refuted by %(name)s: %(reason)s"),
    gettext_noop("The process died %(times)s times while it worked on this; the last time at step %(step)s, %(why)s."),
    gettext_noop(
        "The process died %(times)s times while it worked on this; the last time in the tool %(tool)s at step %(step)s, %(why)s."
    ),
    gettext_noop("it was told to"),
    gettext_noop("its worker process is gone"),
    gettext_noop("it is old and will be replaced"),
    gettext_noop("it uses more than %(number)s MB and will be replaced"),
    gettext_noop("it used %(number)s MB, more than %(limit)s"),
    gettext_noop("there was no memory left"),
    gettext_noop("its event loop stood still for %(seconds)s s of processor time"),
    gettext_noop("its heartbeat stopped"),
    gettext_noop("process %(number)s died"),
    gettext_noop("process %(number)s is gone"),
    gettext_noop("process %(number)s signed on again"),
    gettext_noop("it ended with code %(number)s"),
    gettext_noop("it was killed by signal %(number)s"),
    gettext_noop("it was killed by %(signal)s"),
    gettext_noop("It expired unread."),
    gettext_noop("The agent was retired."),
    gettext_noop("Withheld by %(name)s."),
    gettext_noop("Withheld by %(name)s: %(reason)s"),
    gettext_noop("retired"),
)
"""What is written, the narrower before the wider. A place takes whatever stands there, but for those in `_PLACES`."""
_PLACES = {
    "number": r"\d+",
    "limit": r"\d+",
    "seconds": r"[\d.]+",
    "times": r"\d+",
    "step": r"\d+",
    "word": r"[a-z_]+",
    "status": r"[a-z_]+",
    "signal": r"SIG\w+",
}
_REASONS = ("why",)
"""Places that hold reasons themselves."""
_WORDS = ("word", "status")
"""Places that hold words of the rows."""


def say_reason(kept: str) -> str:
    """Return a reason in the reader's language, or as it was written."""
    if not kept or (get_language() or "en").startswith("en"):
        return kept
    return _say(kept)


def _say(kept: str) -> str:
    said = _say_pattern(kept) or (gettext(kept) if _is_sentence(kept) else kept)
    if said != kept:
        return said
    head, colon, rest = kept.partition(": ")
    first = _say_head(head) if colon else ""
    return f"{first}: {_say(rest)}" if first else kept


def _say_head(head: str) -> str:
    """Say what stands before a colon: the category of an error, or a reason that goes on behind it."""
    return gettext(head) if head in Category.values else _say_pattern(head)


def _say_pattern(kept: str) -> str:
    """Say what fits one of the patterns; return an empty text for what fits none."""
    for text, pattern in _compiled():
        found = pattern.fullmatch(kept)
        if found:
            return gettext(text) % dict(_fill(found.groupdict())) if "%(" in text else gettext(text)
    return ""


def _fill(found: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for name, value in found.items():
        if name in _REASONS:
            yield name, _say(value)
        else:
            yield name, gettext(value.replace("_", " ")) if name in _WORDS else value


def _is_sentence(kept: str) -> bool:
    """Tell a whole sentence, such as an error's that has no places, from a word that somebody else may have meant."""
    return kept.endswith(".") and " " in kept


@cache
def _compiled() -> tuple[tuple[str, re.Pattern[str]], ...]:
    return tuple((text, re.compile(_as_regex(text), re.DOTALL)) for text in PATTERNS)


def _as_regex(text: str) -> str:
    parts = re.split(r"%\((\w+)\)s", text)
    return "".join(
        f"(?P<{part}>{_PLACES.get(part, '.+?')})" if n % 2 else re.escape(part) for n, part in enumerate(parts)
    )
