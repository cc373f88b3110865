"""Acts on swarms and agents by a verb: `pause night desk`, `stop checker`. Each leads to the page that asks first."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from agents.models import Agent, Swarm
from agents.permissions import OPERATE, visible_to
from tasks.selectors.actions import states_with
from tasks.selectors.acts import AGENT_ACTS, SWARM_ACTS, Action

MOST = 6
"""Rows offered for one act on each kind."""
SHORTEST = 3
"""Fewer letters of a verb begin too many other words."""
ALSO = {"start": ("resume",), "resume": ("start",)}
"""Words that mean an act beside its own."""


@dataclass(frozen=True)
class RowAct:
    """Something that can be done now to a swarm or an agent."""

    label: str
    url: str
    status: str
    note: str = ""


Find = Callable[[str], Q]
"""Gives the rows whose name holds all of some words."""


def find_row_acts(user: Any, wanted: str, named: Find) -> Iterator[RowAct]:
    """Return what a verb among the words means to do with the rows that the other words name.

    Only what is possible now, on what the reader may operate; nothing where no word is a verb. Two queries an act at most.
    """
    swarms = visible_to(user, Swarm.objects.filter(archived_at=None), "pk", OPERATE)
    agents = visible_to(user, Agent.objects.filter(retired_at=None, swarm__archived_at=None), action=OPERATE)
    for action, words in _meant(SWARM_ACTS, wanted):
        for swarm in _first(swarms, action, named(words)):
            yield _as_act(action, swarm, "swarm_control")
    for action, words in _meant(AGENT_ACTS, wanted):
        for agent in _first(agents.select_related("swarm").defer("instructions"), action, named(words)):
            yield _as_act(action, agent, "agent_control", agent.swarm.name)


def _meant(acts: dict[str, Action], wanted: str) -> Iterator[tuple[Action, str]]:
    """Return the acts that the first or the last word begins, each with the other words."""
    first, *rest = wanted.lower().split()
    *before, last = [first, *rest]
    for action in acts.values():
        if _begins(first, action):
            yield action, " ".join(rest)
        elif rest and _begins(last, action):
            yield action, " ".join(before)


def _begins(word: str, action: Action) -> bool:
    verbs = (action.act, str(action.label).lower(), *ALSO.get(action.act, ()))
    return len(word) >= SHORTEST and any(verb.startswith(word) for verb in verbs)


def _first(rows: QuerySet[Any], action: Action, named: Q) -> list[Any]:
    return list(rows.filter(named, desired_state__in=states_with(action.act)).order_by("-pk")[:MOST])


def _as_act(action: Action, row: Swarm | Agent, url_name: str, note: str = "") -> RowAct:
    label = _("%(act)s %(name)s…") % {"act": action.label, "name": row.name}
    status = row.status if isinstance(row, Agent) else row.desired_state
    return RowAct(label, f"{reverse(url_name, args=[row.pk])}?act={action.act}", status, note)
