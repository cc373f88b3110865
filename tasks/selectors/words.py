"""States in words, as sentences need them, and long texts cut and folded for pages."""

from dataclasses import dataclass

from django.utils.translation import gettext as _

from tasks.models import Attempt, Task
from victoros.lib.wording import say_word

LONGEST = 40_000
"""Characters of one text that a page shows."""
HEAD = 600
"""Characters of a folded text that are seen before it is opened."""


@dataclass(frozen=True)
class Text:
    """A text as a page shows it: its head, and the whole behind a click."""

    whole: str
    """Cut at the most a page shows; `length` says how long it really is."""
    head: str
    length: int

    @property
    def is_long(self) -> bool:
        """Whether there is more than the head."""
        return len(self.whole) > len(self.head)

    @property
    def missing(self) -> int:
        """Characters that not even the whole shows."""
        return self.length - len(self.whole)


def fold_text(text: str, *, head: int = HEAD, most: int = LONGEST) -> Text:
    """Fold a text that is clearly longer than `head` characters or 16 lines; one that is a little longer stays whole."""
    whole = text[:most]
    lines = whole.split("\n")
    cut = whole if len(whole) <= head * 1.5 else whole[:head]
    if len(lines) > 24:
        cut = min(cut, "\n".join(lines[:16]), key=len)
    return Text(whole, cut, len(text))


def say_state(row: Task | Attempt) -> str:
    """Return the state of a task or attempt in words."""
    return say_word(row.status)


def say_waiting(attempt: Attempt) -> str:
    """Return what a waiting attempt waits for; `something` when it does not say."""
    if not attempt.waiting_for:
        return _("something")
    waits_for = Attempt.WaitingFor(attempt.waiting_for)
    is_phrase = waits_for in (Attempt.WaitingFor.EFFECT, Attempt.WaitingFor.QUOTA)
    return str(waits_for.label) if is_phrase else say_word(waits_for)


def cut_text(text: str) -> str:
    """Cut a very long text and say how much is missing."""
    if len(text) <= LONGEST:
        return text
    more = _("%(count)s more characters") % {"count": f"{len(text) - LONGEST:,}"}
    return f"{text[:LONGEST]}\n… {more}"
