"""States in words, as sentences need them; the labels of the rows are capitalised here and there."""

from tasks.models import Attempt, Task

LONGEST = 40_000
"""Characters of one text that a page shows."""


def say_state(row: Task | Attempt) -> str:
    """Return the state of a task or attempt in words."""
    return row.status.replace("_", " ")


def say_waiting(attempt: Attempt) -> str:
    """Return what a waiting attempt waits for; `something` when it does not say."""
    if not attempt.waiting_for:
        return "something"
    return str(Attempt.WaitingFor(attempt.waiting_for).label).lower()


def cut_text(text: str) -> str:
    """Cut a very long text and say how much is missing."""
    if len(text) <= LONGEST:
        return text
    return f"{text[:LONGEST]}\n… {len(text) - LONGEST:,} more characters"
