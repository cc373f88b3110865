"""What somebody wants to see of the task list, as it stands in the address."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from tasks.models import Task
from tasks.selectors.sorting import SORTS, order_of
from tasks.titles import Found, find_titles
from victoros.lib import clock
from victoros.lib.errors import InvalidInput
from victoros.lib.figures import DOLLAR
from victoros.lib.paging import read_place

ENDED = ("failed", "cancelled", "quarantined")
OPEN = ("backlog", "ready", "in_progress", "blocked")
VIEWS = ("list", "board", "brief")
"""`brief` is the section that pages of swarms and agents hold."""
GROUPS: dict[str, tuple[str, ...]] = {"open": OPEN, "ended": ENDED}
"""Words that stand for several states in an address."""
STATES = (*Task.Status.values, *GROUPS)
PRIORITIES = {"high": Q(priority__gt=0), "normal": Q(priority=0), "low": Q(priority__lt=0)}
AGES = {"hour": timedelta(hours=1), "day": timedelta(days=1), "week": timedelta(days=7), "month": timedelta(days=30)}
"""Made within so long; `older` are those beyond the longest."""
OLDER = "older"
COSTS = {"any": 1, "cent": DOLLAR // 100, "dime": DOLLAR // 10, "dollar": DOLLAR, "ten": 10 * DOLLAR}
"""Cost at least so many billionths of a dollar."""
LOOKED_THROUGH = 20_000
"""Capabilities have no index: they are looked for among so many of the newest tasks."""


@dataclass(frozen=True)
class TaskFilter:
    """A choice of tasks; the empty one means all that the asker may see."""

    swarm: int | None = None
    agent: int | None = None
    state: str = ""
    """A task state, `open`, `ended`, or empty for every state."""
    kind: str = ""
    priority: str = ""
    """`high` (above 0), `normal` or `low`."""
    needs: str = ""
    """A capability that the agent must have."""
    age: str = ""
    """Made within an `hour`, `day`, `week`, `month`, or `older` than that."""
    cost: str = ""
    """At least anything, a cent, a dime, a dollar or ten of them."""
    search: str = ""
    """Words that must all stand in the title; a number, with or without `#`, also finds the task with that id."""
    view: str = "list"
    sort: str = ""
    """A name of `tasks.selectors.sorting`, with `-` before it the other way round; empty: the newest first."""
    after: str = ""
    """Place of the last row of the page above; see `victoros.lib.paging`."""
    before: str = ""
    """Place of the first row of the page below."""

    @property
    def states(self) -> tuple[str, ...]:
        """The states that `state` stands for; empty for every state."""
        return GROUPS.get(self.state, (self.state,)) if self.state else ()

    @property
    def is_narrow(self) -> bool:
        """Whether it leaves anything out."""
        return bool(self.swarm or self.agent or self.state or self.search or self.has_more)

    @property
    def has_more(self) -> bool:
        """Whether any of the filters behind *More* is in use."""
        return bool(self.kind or self.priority or self.needs or self.age or self.cost)

    @property
    def is_counted(self) -> bool:
        """Whether the counts that the database keeps answer how many tasks it means, state by state."""
        return not (self.agent or self.search or self.has_more or self.is_of_costs)

    @property
    def is_of_costs(self) -> bool:
        """Whether only tasks that cost anything are meant: there are no others to sort by cost."""
        return bool(self.cost) or self.sort.endswith("cost")

    def choose(self, rows: QuerySet[Task], swarm: str = "swarm_id") -> QuerySet[Task]:
        """Return the rows it means, whatever their state and page; `swarm` names the field that holds their swarm."""
        if self.swarm:
            rows = rows.filter(**{swarm: self.swarm})
        if self.agent:
            rows = rows.filter(agent_id=self.agent)
        if self.kind:
            rows = rows.filter(kind=self.kind)
        if self.priority:
            rows = rows.filter(PRIORITIES[self.priority])
        if self.age:
            rows = rows.filter(_born(self.age))
        if self.is_of_costs:
            rows = rows.filter(spent__cost_nanos__gte=COSTS[self.cost or "any"])
        if self.needs:
            rows = rows.filter(pk__gt=_newest() - LOOKED_THROUGH, needs__icontains=f'"{self.needs}"')
        return rows.filter(self._matches()) if self.search else rows

    @cached_property
    def found(self) -> Found:
        """The titles that the search means, looked for once, however many questions the choice is put into. One query."""
        return find_titles(self.search)

    @property
    def is_common(self) -> bool:
        """Whether the words of the search stand in so many titles that they are not all looked at."""
        return bool(self.search) and self.found.is_common

    def _matches(self) -> Q:
        number = self.search.removeprefix("#")
        is_number = number.isascii() and number.isdigit() and len(number) < 16
        return self.found.as_filter(int(number) if is_number else None)

    def as_query(self, **changes: Any) -> str:
        """Return the address' query for this choice with `changes`; a changed choice starts on its first page."""
        new = replace(self, **{"after": "", "before": "", **changes})
        parts = {name: value for name, value in vars(new).items() if value and (name, value) != ("view", "list")}
        return urlencode(parts)


def read_filter(query: Mapping[str, Any]) -> TaskFilter:
    """Build the filter from an address' query; refuse what is neither known nor a number. `status` is read as `state`."""
    sort = read_word(query, "sort", SORTS)
    return TaskFilter(
        swarm=read_number(query, "swarm"),
        agent=read_number(query, "agent"),
        state=read_word(query, "state", STATES) or read_word(query, "status", STATES),
        kind=_read_name(query, "kind", 40),
        priority=read_word(query, "priority", tuple(PRIORITIES)),
        needs=_read_name(query, "needs", 40).lower(),
        age=read_word(query, "age", (*AGES, OLDER)),
        cost=read_word(query, "cost", tuple(COSTS)),
        search=str(query.get("search", "")).replace("\x00", "").strip()[:100],
        view=read_word(query, "view", VIEWS) or "list",
        sort=sort,
        after=_read_place(query, "after", sort),
        before=_read_place(query, "before", sort),
    )


def _read_place(query: Mapping[str, Any], name: str, sort: str) -> str:
    text = str(query.get(name) or "").strip()
    read_place(text, order_of(sort))
    return text


def _read_name(query: Mapping[str, Any], name: str, longest: int) -> str:
    text = str(query.get(name) or "").replace("\x00", "").strip()
    if len(text) > longest or '"' in text or "\\" in text:
        raise InvalidInput(
            _("There is no %(name)s %(value)s.") % {"name": name, "value": repr(text[:40])},
            hint=_("Give at most %(n)s letters.") % {"n": longest},
        )
    return text


def _born(age: str) -> Q:
    now = clock.now()
    return Q(created_at__lt=now - AGES["month"]) if age == OLDER else Q(created_at__gte=now - AGES[age])


def _newest() -> int:
    """Return the id of the newest task of all. One query."""
    return Task.objects.order_by("-pk").values_list("pk", flat=True).first() or 0


def read_number(query: Mapping[str, Any], name: str) -> int | None:
    """Return the number an address gives for `name`; None when it gives none."""
    text = str(query.get(name) or "").strip()
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 16):
        raise InvalidInput(
            _("%(name)s must be a number, not %(value)s.") % {"name": name, "value": repr(text[:40])},
            hint=_("Choose from the list again."),
        )
    return int(text)


def read_word(query: Mapping[str, Any], name: str, known: tuple[str, ...]) -> str:
    text = str(query.get(name) or "").strip()
    if text and text not in known:
        raise InvalidInput(
            _("There is no %(name)s %(value)s.") % {"name": name, "value": repr(text[:40])},
            hint=_("Known are %(known)s.") % {"known": ", ".join(known)},
        )
    return text
