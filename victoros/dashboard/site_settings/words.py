"""The shape of what the page says about a setting."""

from dataclasses import dataclass
from typing import Any

PLAIN, SECRET, ADDRESS = "plain", "secret", "address"


@dataclass(frozen=True)
class Setting:
    """One variable of the environment."""

    name: str
    default: Any
    """In words; names of other settings stand between backticks."""
    meaning: Any
    read: str = ""
    """The attribute of Django's settings that holds it, where that has another name."""
    kind: str = PLAIN
    """`secret` is never shown; an `address` is shown without its password."""


@dataclass(frozen=True)
class Group:
    """Settings about one thing."""

    title: Any
    note: Any
    settings: tuple[Setting, ...]
