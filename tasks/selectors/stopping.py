"""Whether what was stopped has stopped: what its cells have confirmed, what they have not, and since when."""

import time
from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from tasks.models import Attempt

LOOK_S = 0.05
MOST = 1000
"""Attempts that are told one by one."""


@dataclass(frozen=True)
class StopVerdict:
    """What is known of the end of an attempt that was taken from its cell."""

    is_confirmed: bool
    words: str
    at: datetime | None
    """When it was confirmed, or since when its cell is to let go."""


def judge_stop(attempt: Attempt) -> StopVerdict | None:
    """Return what is known; None where nothing was taken from a cell, or what was goes on again."""
    if attempt.recalled_from_id:
        words = _("cell %(cell)s has not let go of it yet") % {"cell": attempt.recalled_from_id}
        return StopVerdict(False, words, attempt.recalled_at)
    if attempt.let_go_at and attempt.status in ("stopped", "cancelled"):
        return StopVerdict(True, str(Attempt.LetGo(attempt.let_go_how).label), attempt.let_go_at)
    return None


@dataclass(frozen=True)
class Unstopped:
    """An attempt of which a call may still be under way."""

    task: int
    title: str
    agent: str
    cell: int
    host: str
    pid: int
    since: datetime | None


def list_unstopped(attempts: QuerySet[Attempt]) -> list[Unstopped]:
    """Return those that their cells have not let go of, the longest first. One query."""
    rows = attempts.filter(recalled_from__isnull=False).select_related("task", "agent", "recalled_from")
    return [
        Unstopped(row.task_id, row.task.title, row.agent.name, cell.pk, cell.host_name, cell.pid, row.recalled_at)
        for row in rows.order_by("recalled_at", "pk")[:MOST]
        if (cell := row.recalled_from)
    ]


def await_stop(attempts: QuerySet[Attempt], wait_s: float) -> list[Unstopped]:
    """Wait until the cells have let go of all of them, or the time is over; returns those they have not."""
    deadline = time.monotonic() + wait_s
    while attempts.filter(recalled_from__isnull=False).exists() and time.monotonic() < deadline:
        time.sleep(LOOK_S)
    return list_unstopped(attempts)
