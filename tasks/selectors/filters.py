"""What somebody wants to see of the task list, as it stands in the address."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from django.db.models import Q, QuerySet

from tasks.models import Task
from victoros.lib.errors import InvalidInput

ENDED = ("failed", "cancelled", "quarantined")
OPEN = ("backlog", "ready", "in_progress", "blocked")
VIEWS = ("list", "board", "brief")
"""`brief` is the section that pages of swarms and agents hold."""
GROUPS: dict[str, tuple[str, ...]] = {"open": OPEN, "ended": ENDED}
"""Words that stand for several states in an address."""
STATES = (*Task.Status.values, *GROUPS)


@dataclass(frozen=True)
class TaskFilter:
    """A choice of tasks; the empty one means all that the asker may see."""

    swarm: int | None = None
    agent: int | None = None
    state: str = ""
    """A task state, `open`, `ended`, or empty for every state."""
    search: str = ""
    """Words that must all stand in the title; a number also finds the task with that id."""
    view: str = "list"
    after: int | None = None
    """Id of the last row of the page before; newer tasks come first."""

    @property
    def states(self) -> tuple[str, ...]:
        """The states that `state` stands for; empty for every state."""
        return GROUPS.get(self.state, (self.state,)) if self.state else ()

    @property
    def is_narrow(self) -> bool:
        """Whether it leaves anything out."""
        return bool(self.swarm or self.agent or self.state or self.search)

    def choose(self, rows: QuerySet[Task]) -> QuerySet[Task]:
        """Return the rows it means, whatever their state and page."""
        if self.swarm:
            rows = rows.filter(swarm_id=self.swarm)
        if self.agent:
            rows = rows.filter(agent_id=self.agent)
        return rows.filter(_matches(self.search)) if self.search else rows

    def as_query(self, **changes: Any) -> str:
        """Return the address' query for this choice with `changes`; a changed choice starts on its first page."""
        new = replace(self, **{"after": None, **changes})
        parts = {name: value for name, value in vars(new).items() if value and (name, value) != ("view", "list")}
        return urlencode(parts)


def read_filter(query: Mapping[str, Any]) -> TaskFilter:
    """Build the filter from an address' query; refuse what is neither known nor a number. `status` is read as `state`."""
    return TaskFilter(
        swarm=read_number(query, "swarm"),
        agent=read_number(query, "agent"),
        state=_word(query, "state", STATES) or _word(query, "status", STATES),
        search=str(query.get("search", "")).strip()[:100],
        view=_word(query, "view", VIEWS) or "list",
        after=read_number(query, "after"),
    )


def read_number(query: Mapping[str, Any], name: str) -> int | None:
    """Return the number an address gives for `name`; None when it gives none."""
    text = str(query.get(name) or "").strip()
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 16):
        raise InvalidInput(f"{name} must be a number, not {text[:40]!r}.", hint="Choose from the list again.")
    return int(text)


def _word(query: Mapping[str, Any], name: str, known: tuple[str, ...]) -> str:
    text = str(query.get(name) or "").strip()
    if text and text not in known:
        raise InvalidInput(f"There is no {name} {text[:40]!r}.", hint=f"Known are {', '.join(known)}.")
    return text


def _matches(search: str) -> Q:
    words = Q()
    for word in search.split():
        words &= Q(title__icontains=word)
    return words | Q(pk=int(search)) if search.isascii() and search.isdigit() and len(search) < 16 else words
