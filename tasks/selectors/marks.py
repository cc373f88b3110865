"""Where a run stood still between two steps, why, and how it went on: told by the record, which names what steps cannot."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from audit.models import Entry
from tasks.models import Attempt
from victoros.lib.wording import say_word

MOST = 200
"""Entries looked at for one window."""
_TOLD = ("attempt.waited", "attempt.released", "attempt.resumed", "task.stopped", "task.paused", "task.resumed")


@dataclass(frozen=True)
class Mark:
    """An attempt that went on: after which step, when, and what it had waited for or was given back for."""

    after_step: int
    at: datetime
    why: str
    """`approval`, `its process died`, `stopped by ...`; empty when the record does not tell."""
    is_wait: bool
    """Whether it waited for something, rather than having been taken from its process."""
    cell: int | None


def read_marks(attempt: Attempt, since: datetime | None, until: datetime | None) -> list[Mark]:
    """Return where the attempt went on between two moments, in order. One query; None means no bound on that side."""
    rows = Entry.objects.filter(object_kind="task", object_ref=attempt.task_id, kind__in=_TOLD)
    if since:
        rows = rows.filter(at__gte=since)
    if until:
        rows = rows.filter(at__lte=until)
    return tell_marks(attempt.n, reversed(rows.order_by("-pk")[:MOST]))


def tell_marks(n: int, entries: Iterable[Entry]) -> list[Mark]:
    """Turn entries in order of time into marks of attempt `n`."""
    marks, why, is_wait = [], "", False
    for entry in entries:
        if entry.detail.get("attempt") not in (n, None):
            continue
        if entry.kind == "attempt.resumed":
            marks.append(_mark(entry, why, is_wait))
            why, is_wait = "", False
        elif entry.kind != "task.resumed":
            why, is_wait = _why(entry)
    return marks


def _why(entry: Entry) -> tuple[str, bool]:
    if entry.kind == "attempt.waited":
        return say_word(entry.detail.get("waiting_for") or "something"), True
    if entry.kind == "attempt.released":
        return say_word(entry.detail.get("why") or "given back"), False
    what = say_word(entry.kind.removeprefix("task."))
    return _("%(what)s by %(who)s") % {"what": what, "who": entry.actor_name}, False


def _mark(entry: Entry, why: str, is_wait: bool) -> Mark:
    return Mark(_number(entry.detail.get("after_step")) or 0, entry.at, why, is_wait, _number(entry.detail.get("cell")))


def _number(value: Any) -> int | None:
    return value if isinstance(value, int) else None
