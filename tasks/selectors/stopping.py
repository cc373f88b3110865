"""Whether what was stopped has stopped: what its cells have confirmed, what they have not, and since when."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from tasks.models import Attempt, Recall

LOOK_S = 0.1
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
    if attempt.recalled_from:
        words = _("cell %(cell)s has not let go of it yet") % {"cell": attempt.recalled_from}
        return StopVerdict(False, words, attempt.recalled_at)
    if attempt.let_go_at and attempt.status in ("stopped", "cancelled"):
        return StopVerdict(True, str(Attempt.LetGo(attempt.let_go_how).label), attempt.let_go_at)
    return None


def judge_stops(attempts: Sequence[Attempt]) -> StopVerdict | None:
    """Return what is known of the attempts of a task, newest first: of one that has not stopped yet, else of the newest."""
    verdicts = [judge_stop(attempt) for attempt in attempts]
    late = (verdict for verdict in verdicts if verdict and not verdict.is_confirmed)
    return next(late, verdicts[0] if verdicts else None)


@dataclass(frozen=True)
class Unstopped:
    """An attempt of which a call may still be under way."""

    task: int
    title: str
    agent: str
    cell: int
    host: str
    pid: int
    since: datetime


def list_unstopped(recalls: QuerySet[Recall]) -> list[Unstopped]:
    """Return what cells have not let go of, the longest first. One query."""
    rows = recalls.select_related("attempt__task", "agent", "cell").order_by("at", "pk")[:MOST]
    return [
        Unstopped(
            row.attempt.task_id,
            row.attempt.task.title,
            row.agent.name,
            row.cell_id,
            row.cell.host_name,
            row.cell.pid,
            row.at,
        )
        for row in rows
    ]


def await_stop(recalls: QuerySet[Recall], wait_s: float) -> list[Unstopped]:
    """Wait until the cells have let go of everything, or the time is over; returns what they have not."""
    deadline = time.monotonic() + wait_s
    while recalls.exists() and time.monotonic() < deadline:
        time.sleep(LOOK_S)
    return list_unstopped(recalls)
