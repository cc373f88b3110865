"""What is let go of and after how long. The order is that of a run."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import QuerySet

from audit.archive import archive_entries, count_due
from tasks.tidying import rest, work
from victoros.lib import clock


@dataclass(frozen=True)
class Rule:
    """One sort of thing that is not kept for ever."""

    what: str
    setting: str
    """Names the days it is kept; empty where that is fixed."""
    do_some: Callable[[datetime], int]
    """Deals with one small batch in one short transaction; returns how much it was, 0 when nothing is due."""
    count: Callable[[datetime], int]

    @property
    def before(self) -> datetime | None:
        """What ended before is due; None: kept for ever."""
        days = getattr(settings, self.setting) if self.setting else 0
        if self.setting and not days:
            return None
        return clock.now() - timedelta(days=days)


def _rows(what: str, setting: str, find: Callable[[datetime], QuerySet[Any]], *, with_entry: bool = True) -> Rule:
    return Rule(
        what,
        setting,
        lambda before: rest.delete_some(find(before), what, with_entry=with_entry),
        lambda before: find(before).count(),
    )


RULES = (
    Rule("words of steps", "VICTOR_KEEP_WORDS_DAYS", work.empty_steps, work.count_full_steps),
    Rule("steps", "VICTOR_KEEP_WORK_DAYS", work.delete_journals, work.count_old_steps),
    _rows("settled attention items", "VICTOR_KEEP_WORK_DAYS", rest.old_items),
    _rows("results of acts on many rows", "VICTOR_KEEP_WORK_DAYS", rest.old_results, with_entry=False),
    _rows("acts on many rows", "VICTOR_KEEP_WORK_DAYS", rest.old_bulk_acts),
    _rows("letters", "VICTOR_KEEP_MAIL_DAYS", rest.old_mail),
    _rows("cells", "VICTOR_KEEP_CELLS_DAYS", rest.old_cells),
    Rule("entries", "VICTOR_KEEP_ENTRIES_DAYS", archive_entries, count_due),
    _rows("wake-ups", "", rest.settled_wakeups, with_entry=False),
    _rows("figures of minutes", "", rest.old_minutes, with_entry=False),
    _rows("sessions", "", rest.dead_sessions, with_entry=False),
    _rows("notifications", "", rest.old_notices, with_entry=False),
    _rows("sign-in links", "", rest.dead_links, with_entry=False),
    Rule(
        "half-written files",
        "",
        lambda before: rest.delete_half_written(),
        lambda before: sum(1 for _ in rest.half_written_files()),
    ),
)
