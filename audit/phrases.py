"""Entries in words: what is said of the object, and which status shape stands beside it."""

import json
from collections.abc import Mapping

from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as lazy

from audit.models import Entry
from victoros.lib.shapes import LOOKS
from victoros.lib.wording import say_word

DETAIL_CHARACTERS = 160
NAMES_OF_FIELDS = ("fields", "changed")
"""Details that list columns of a row; all other words, such as those of tools, are said as they are written."""
PAGES = {
    "task": "task_view",
    "bulk": "bulk_view",
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
    "task.shelved": "went back to the backlog",
    "attempt.resumed": "goes on",
    "attempt.released": "was given back",
    "attempt.let_go": "was let go of",
    "attempt.waited": "waits",
    "attempt.woken": "was woken",
    "approval.asked": "asks for approval",
    "list.exported": "was taken out as a file",
    "bulk.begun": "was begun",
    "rule.made": "may be used without asking",
    "rule.used": "was allowed in advance",
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
    "shelved": "backlog",
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
REASONS = {
    "unsubscribed": lazy("its push service says that it has unsubscribed"),
    "removed": lazy("a person removed it"),
    "address_changed": lazy("its address changed"),
}
"""What the codes mean that entries keep as their `why`."""
ROUTINE = (
    "person.signed_in",
    "message.read",
    "attempt.woken",
    "attempt.waited",
    "attempt.released",
    "attempt.let_go",
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


def page_of(kind: str, ref: int | None) -> str:
    """Return the address of the page that shows an object, or of the list it stands in; empty for none."""
    page = PAGES.get(kind, "")
    if page.endswith("_list"):
        return reverse(page)
    return reverse(page, args=[ref]) if page and ref is not None else ""


def say_kind(kind: str) -> str:
    """Return the predicate of a kind: `task.completed` is `completed`, `agent.paused` is `was paused`."""
    word = kind.rpartition(".")[2].replace("_", " ")
    return gettext(VERBS.get(kind) or (word if word in PLAIN else f"was {word}"))


def shape_of(kind: str) -> str:
    """Return the status word whose shape stands for a kind."""
    word = kind.rpartition(".")[2]
    return SHAPES.get(word, word if word in LOOKS else "read")


def name_of(entry: Entry) -> str:
    """Return what the entry is about, by its name or else by its number."""
    return entry.object_name or f"{say_word(entry.object_kind)} {entry.object_ref or ''}".strip()


def say_detail(detail: Mapping[str, object], longest: int = DETAIL_CHARACTERS) -> str:
    """Return the detail of an entry as `name: value · name: value`, cut to so many characters."""
    said = " · ".join(
        f"{name.replace('_', ' ')}: {_say(name, value)}" for name, value in detail.items() if value not in ("", None)
    )
    return said if len(said) <= longest else said[: longest - 1] + "…"


def _say(name: str, value: object) -> str:
    """Return a value in words. A `why` is a known code, or in entries of former times the words themselves."""
    if isinstance(value, str):
        return str(REASONS[value]) if name == "why" and value in REASONS else value
    if isinstance(value, bool):
        return gettext("yes") if value else gettext("no")
    if isinstance(value, list) and all(isinstance(word, str) for word in value):
        return ", ".join(word.replace("_", " ") if name in NAMES_OF_FIELDS else word for word in value)
    return json.dumps(value, ensure_ascii=False)
