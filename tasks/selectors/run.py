"""One attempt in the view somebody chose: its window of steps as timeline, tree, conversation or log."""

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from tasks.models import Attempt, Task
from tasks.selectors.conversation import Saying, tell_conversation
from tasks.selectors.journal import Journal, OpenWait, breaks_of, current_of, draw_journal, lanes_of
from tasks.selectors.log import LogLine, read_entries, write_log
from tasks.selectors.strip import Strip, read_strip
from tasks.selectors.timeline import Bar
from tasks.selectors.tree import Node, attempts_around, grow_tree
from tasks.selectors.window import SIZES, RunChoice, Window, read_window

CONTEXT = 8
"""Steps before the ones asked for that tell which try they are and what led to them."""
GROWN = 300
"""A window that a page has let grow beyond this is opened anew."""


@dataclass(frozen=True)
class RunView:
    """What a page shows of an attempt."""

    attempt: Attempt
    choice: RunChoice
    window: Window
    journal: Journal | None = None
    rows: list[Any] = field(default_factory=list)
    """Steps and pauses of the timeline; only the new ones where more was asked for."""
    lanes: dict[str, list[list[float]]] = field(default_factory=dict)
    breaks: dict[str, float] = field(default_factory=dict)
    """Where every bar of the whole window lies, once it has grown."""
    nodes: list[Node] = field(default_factory=list)
    before: list[Node] = field(default_factory=list)
    """Earlier attempts, around the tree."""
    behind: list[Node] = field(default_factory=list)
    """Later attempts."""
    sayings: list[Saying] = field(default_factory=list)
    lines: list[LogLine] = field(default_factory=list)
    now: OpenWait | None = None
    strip: Strip | None = None

    @property
    def last(self) -> int:
        """Number of the last step the page has seen to, also where a choice or tidying leaves it out."""
        return max(self.window.last, self.attempt.steps) if self.window.later is None else self.window.last

    @property
    def last_entry(self) -> int:
        """Id of the newest entry the page holds; 0 for none."""
        return max((line.entry for line in self.lines), default=0)


def read_run(task: Task, attempts: list[Attempt], attempt: Attempt, choice: RunChoice, *, now: datetime) -> RunView:
    """Return the chosen view of an attempt. Six queries at most, however long it is. `attempts` are newest first."""
    window = read_window(attempt, choice)
    view = _fill(task, RunView(attempt, choice, window), now, after=0, entry=0)
    if choice.view == "tree":
        before, behind = attempts_around(attempts, attempt)
        view = replace(view, before=before, behind=behind)
    is_long = attempt.steps > SIZES["timeline"]
    return replace(view, strip=read_strip(attempt, window.first, window.last)) if is_long else view


def read_more(task: Task, attempt: Attempt, choice: RunChoice, *, after: int, entry: int, now: datetime) -> RunView:
    """Return what follows step `after` (and entry `entry`) in a window that began at `choice.start`; three queries at most."""
    begin = choice.start if choice.view == "timeline" and choice.start else max(1, after - CONTEXT)
    size = GROWN if choice.view == "timeline" else choice.size + CONTEXT
    window = read_window(attempt, replace(choice, start=begin, until=None, step=None), size=size)
    return _fill(task, RunView(attempt, choice, window), now, after=after, entry=entry)


def _fill(task: Task, view: RunView, now: datetime, *, after: int, entry: int) -> RunView:
    steps, window = view.window.steps, view.window
    current = current_of(view.attempt, steps, now) if window.later is None else None
    view = replace(view, now=OpenWait(current[0], current[1].start, Bar(0, 100), current[2]) if current else None)
    if view.choice.view == "tree":
        return replace(view, nodes=grow_tree(steps, after=after))
    if view.choice.view == "conversation":
        return replace(view, sayings=tell_conversation(steps, view.attempt.agent.name, after=after))
    if view.choice.view == "log":
        entries = read_entries(task, view.attempt, view.choice, window, after=entry)
        return replace(view, lines=write_log(steps, entries, after=after))
    journal = draw_journal(view.attempt, window, now)
    rows = [row for row in journal.rows if row.place > after or not after]
    lanes, breaks = (lanes_of(journal), breaks_of(journal)) if after else ({}, {})
    return replace(view, journal=journal, rows=rows, now=journal.now, lanes=lanes, breaks=breaks)
