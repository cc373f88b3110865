"""What a check of the doctor returns."""

import functools
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    """From good to bad."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True)
class Finding:
    """What one check found."""

    id: str
    status: State
    message: str
    advice: str = ""
    """What to do; empty when there is nothing to do."""


Verdict = tuple[State, str, str]
"""Status, message and advice."""


def check(name: str) -> Callable[[Callable[[], Verdict]], Callable[[], Finding]]:
    """Make a function a check; what it raises becomes a failure, so that one broken part never hides the others."""

    def decorate(examine: Callable[[], Verdict]) -> Callable[[], Finding]:
        @functools.wraps(examine)
        def find() -> Finding:
            try:
                return Finding(name, *examine())
            except Exception as error:
                text = " ".join(str(error).split()) or type(error).__name__
                return Finding(name, State.FAIL, text, getattr(error, "hint", ""))

        return find

    return decorate


def ok(message: str) -> Verdict:
    """All is well."""
    return State.OK, message, ""


def warn(message: str, advice: str) -> Verdict:
    """It works, but something should be done."""
    return State.WARN, message, advice


def fail(message: str, advice: str) -> Verdict:
    """It does not work until something is done."""
    return State.FAIL, message, advice
