"""Entries in words: what is said of the object, and which status shape stands beside it."""

import json

from audit.models import Entry
from victoros.lib.shapes import LOOKS

DETAIL_CHARACTERS = 160
PAGES = {
    "task": "task_view",
    "agent": "agent_view",
    "swarm": "swarm_view",
    "approval": "approval_view",
    "message": "mail_view",
    "provider": "provider_list",
    "cell": "cell_list",
}
"""URL names of the pages of what entries are about."""

VERBS = {
    "person.signed_in": "signed in",
    "person.created": "was added",
    "role.granted": "was given a role",
    "provider.tested": "was tested",
    "task.ready": "is ready",
    "task.claimed": "was taken up",
    "attempt.resumed": "goes on",
    "attempt.released": "was given back",
    "attempt.waited": "waits",
    "attempt.woken": "was woken",
    "approval.asked": "asks for approval",
    "question.asked": "asks",
    "attention.raised": "needs a person",
    "attention.settled": "was settled",
    "cell.started": "started",
    "cell.ended": "ended",
    "cell.died": "died",
}
"""What is not simply `was` and the past tense of its kind."""
PLAIN = {"completed", "failed", "expired"}
SHAPES = {
    "created": "backlog",
    "added": "backlog",
    "sent": "delivered",
    "asked": "pending",
    "raised": "pending",
    "settled": "answered",
    "waited": "waiting",
    "claimed": "in_progress",
    "started": "in_progress",
    "resumed": "in_progress",
    "woken": "in_progress",
    "died": "dead",
    "refuted": "failed",
    "done": "done",
    "signed_in": "answered",
    "made": "backlog",
    "changed": "read",
    "tested": "read",
    "assigned": "read",
    "granted": "read",
    "retried": "ready",
    "released": "ready",
}
"""Last words of kinds that are not status words themselves."""
ROUTINE = (
    "person.signed_in",
    "message.read",
    "attempt.woken",
    "attempt.waited",
    "attempt.released",
    "attempt.completed",
    "effect.intended",
    "effect.done",
    "task.ready",
    "task.claimed",
    "attention.raised",
    "attention.settled",
    "cell.started",
    "cell.ended",
)
"""Kinds that the board leaves to the audit page."""


def say_kind(kind: str) -> str:
    """Return the predicate of a kind: `task.completed` is `completed`, `agent.paused` is `was paused`."""
    word = kind.rpartition(".")[2].replace("_", " ")
    return VERBS.get(kind) or (word if word in PLAIN else f"was {word}")


def shape_of(kind: str) -> str:
    """Return the status word whose shape stands for a kind."""
    word = kind.rpartition(".")[2]
    return SHAPES.get(word, word if word in LOOKS else "read")


def name_of(entry: Entry) -> str:
    """Return what the entry is about, by its name or else by its number."""
    return entry.object_name or f"{entry.object_kind.replace('_', ' ')} {entry.object_ref or ''}".strip()


def say_detail(entry: Entry) -> str:
    """Return the detail of an entry as `name value, name value`, cut to a line or two."""
    said = ", ".join(
        f"{name.replace('_', ' ')} {_say(value)}" for name, value in entry.detail.items() if value not in ("", None)
    )
    return said if len(said) <= DETAIL_CHARACTERS else said[: DETAIL_CHARACTERS - 1] + "…"


def _say(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
