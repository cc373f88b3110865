"""What an act on many rows is: its words, whether a row allows it, how it is done to one row, and the way back."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as lazy

from audit.actors import Actor

Given = dict[str, Any]
Done = tuple[str, dict[str, Any] | None]
"""What to say, and what undo puts back."""
FOR_GOOD = lazy("This cannot be undone.")
TAKEN_BACK = lazy("It can be undone, as long as the rows still allow it.")


@dataclass(frozen=True)
class Act:
    """One act: whether a row allows it, how it is done to one row, and how that is taken back."""

    name: str
    label: Any
    effect: Any
    why_not: Callable[[Any], str]
    """Returns why it cannot be done to this row now; empty when it can."""
    do: Callable[[Actor, Any, Given], Done]
    undo: Callable[[Actor, Any, dict[str, Any]], str] | None = None
    undo_words: Any = FOR_GOOD
    asks: str = ""
    """What is asked for with it: reason, must_reason, reject, priority, agent or reader."""
    tone: str = ""
