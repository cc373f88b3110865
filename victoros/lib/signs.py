"""Signs that nobody sees, or that make text look like another: they turn its direction, take no room or steer a terminal."""

import re

_TURNING = "\u202a-\u202e\u2066-\u2069"
_CONTROLS = "\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff"
_UNSEEN = "\u00ad\u061c\u180e\u200b\u200e\u200f\u2060-\u2064\ufeff\U000e0000-\U000e007f"
"""Soft hyphens, marks of direction, spaces without width, and the invisible copy of ASCII that models read.

Joiners stay: emoji and Persian are written with them.
"""
_ODD = re.compile(f"[{_CONTROLS}{_TURNING}]")
_HIDDEN = re.compile(f"(?![\\t\\n\\r])[{_CONTROLS}{_TURNING}{_UNSEEN}]")


def holds_odd_signs(line: str) -> bool:
    """Whether a name or title holds a line break, a control character, or a sign that turns the text after it."""
    return _ODD.search(line) is not None


def reveal(text: str) -> str:
    """Write out what is not seen, as `⟨U+202E⟩`: whoever judges an act must see all of it. Line breaks and tabs stay."""
    return _HIDDEN.sub(lambda found: f"⟨U+{ord(found[0]):04X}⟩", text)
