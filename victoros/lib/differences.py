"""Two versions of a text, line by line: what the one and the other side of a comparison show."""

import difflib
import re
from collections.abc import Iterator
from dataclasses import dataclass

CONTEXT = 3
MOST_LINES = 2_000
"""Lines of either text that are compared; what is beyond is not shown."""
_WORDS = re.compile(r"\w+|\W")


@dataclass(frozen=True)
class Piece:
    """A part of a line, and whether the other side has it too."""

    text: str
    is_changed: bool = False


@dataclass(frozen=True)
class Pair:
    """One line of the comparison: `kind` is same, changed, gone, came or skipped."""

    kind: str
    old: tuple[Piece, ...] = ()
    new: tuple[Piece, ...] = ()
    skipped: int = 0
    """How many equal lines stand here unseen."""


def compare(old: str, new: str) -> list[Pair]:
    """Return the lines of both texts side by side, equal stretches cut to a few lines of context."""
    before, after = old.splitlines()[:MOST_LINES], new.splitlines()[:MOST_LINES]
    codes = difflib.SequenceMatcher(None, before, after, autojunk=False).get_opcodes()
    pairs: list[Pair] = []
    for n, (code, a, b, c, d) in enumerate(codes):
        if code == "equal":
            pairs += _cut(before[a:b], is_first=n == 0, is_last=n == len(codes) - 1)
        else:
            pairs += _beside(before[a:b], after[c:d])
    return pairs


def _beside(gone: list[str], came: list[str]) -> Iterator[Pair]:
    for n in range(max(len(gone), len(came))):
        if n < len(gone) and n < len(came):
            yield Pair("changed", *_compare_words(gone[n], came[n]))
        elif n < len(gone):
            yield Pair("gone", old=(Piece(gone[n]),))
        else:
            yield Pair("came", new=(Piece(came[n]),))


def _compare_words(old: str, new: str) -> tuple[tuple[Piece, ...], tuple[Piece, ...]]:
    before, after = _WORDS.findall(old), _WORDS.findall(new)
    codes = difflib.SequenceMatcher(None, before, after, autojunk=False).get_opcodes()
    left = tuple(Piece("".join(before[a:b]), code != "equal") for code, a, b, _, _ in codes if a < b)
    right = tuple(Piece("".join(after[c:d]), code != "equal") for code, _, _, c, d in codes if c < d)
    return left, right


def _cut(lines: list[str], *, is_first: bool, is_last: bool) -> Iterator[Pair]:
    head = 0 if is_first else CONTEXT
    tail = 0 if is_last else CONTEXT
    hidden = len(lines) - head - tail
    if hidden < 2:
        head, tail, hidden = len(lines), 0, 0
    yield from (_same(line) for line in lines[:head])
    if hidden:
        yield Pair("skipped", skipped=hidden)
    yield from (_same(line) for line in lines[len(lines) - tail :])


def _same(line: str) -> Pair:
    return Pair("same", (Piece(line),), (Piece(line),))
