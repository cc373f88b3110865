"""A run as a log: one line a step, and the entries of the record between them; for reading, copying and keeping."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from audit import phrases
from audit.models import Entry
from tasks.models import Attempt, Step, Task
from tasks.selectors.step_words import say_error, say_retry, title_of, took_of
from tasks.selectors.window import RunChoice, Window
from victoros.lib.figures import say_seconds
from victoros.lib.wording import say_word

MOST_ENTRIES = 100
"""Entries of the record in one window."""
_BAD = ("failed", "died", "quarantined", "refuted")


@dataclass(frozen=True)
class LogLine:
    """One line."""

    at: datetime
    kind: str
    """A kind of step, or `record`."""
    text: str
    n: int = 0
    """Number of the step; 0 for an entry of the record."""
    entry: int = 0
    """Id of the entry; 0 for a step."""
    took: str = ""
    tokens: int = 0
    is_failed: bool = False

    @property
    def key(self) -> str:
        """What names the line on a page."""
        return f"entry-{self.entry}" if self.entry else f"step-{self.n}"


def write_log(steps: list[Any], entries: list[Entry], *, after: int = 0) -> list[LogLine]:
    """Return steps that follow number `after` and entries, merged by time."""
    lines = [_as_entry(entry) for entry in entries]
    tries, before = 0, None
    for step in steps:
        if step.n > after:
            lines.append(_as_line(step, say_retry(step, tries, before)))
        tries = tries + 1 if step.outcome == Step.Outcome.FAILED else 0
        before = step
    return sorted(lines, key=lambda line: (line.at, bool(line.n), line.n))


def read_entries(task: Task, attempt: Attempt, choice: RunChoice, window: Window, *, after: int = 0) -> list[Entry]:
    """Return the entries about the task that fall into the window's time; with `after`, those since entry `after`. One query."""
    if choice.kind and choice.kind != "record":
        return []
    rows = Entry.objects.filter(object_kind="task", object_ref=task.pk)
    if after:
        return _bad_of(list(rows.filter(pk__gt=after).order_by("pk")[:MOST_ENTRIES]), choice)
    if window.steps and (window.earlier or attempt.n > 1):
        rows = rows.filter(at__gte=window.steps[0].started_at if window.earlier else attempt.created_at)
    if window.steps and window.later:
        rows = rows.filter(at__lte=window.steps[-1].finished_at)
    elif attempt.ended_at and attempt.n < task.attempt_count:
        rows = rows.filter(at__lte=attempt.ended_at)
    return _bad_of(list(rows.order_by("-pk")[:MOST_ENTRIES])[::-1], choice)


def write_line(line: LogLine) -> str:
    """Return a line as plain text, its parts apart by two spaces."""
    number = f"#{line.n}" if line.n else ""
    mark = "FAILED" if line.is_failed else ""
    parts = [f"{line.at:%Y-%m-%d %H:%M:%S}.{line.at.microsecond // 1000:03d}", f"{number:>6}", f"{line.kind:<6}", mark]
    return "  ".join(part for part in [*parts, line.text, line.took] if part).rstrip()


def _as_line(step: Any, retry: str) -> LogLine:
    failed = step.outcome == Step.Outcome.FAILED
    title, note = title_of(step)
    said = say_error(step.error) if failed else note
    return LogLine(
        at=step.finished_at,
        kind=step.kind,
        text=" · ".join(part for part in (title, retry, " ".join(said.split())) if part),
        n=step.n,
        took=say_seconds(took_of(step)),
        tokens=step.tokens_in + step.tokens_out,
        is_failed=failed,
    )


def _as_entry(entry: Entry) -> LogLine:
    detail = phrases.say_detail(entry.detail)
    said = _("%(what)s by %(who)s") % {"what": say_word(entry.kind), "who": entry.actor_name}
    text = f"{said} · {detail}" if detail else said
    return LogLine(entry.at, "record", text, entry=entry.pk, is_failed=_is_bad(entry))


def _is_bad(entry: Entry) -> bool:
    return entry.kind.split(".")[-1] in _BAD


def _bad_of(entries: list[Entry], choice: RunChoice) -> list[Entry]:
    return [entry for entry in entries if _is_bad(entry)] if choice.failed else entries
