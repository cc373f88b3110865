"""The rows of a bulk act: found by what was picked or by the filter of a list, and loaded with all that judging them needs."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse

from agents.mailroom.selectors import STATES as MAIL_STATES
from agents.mailroom.selectors import choose_mail
from agents.models import Agent, Message
from agents.permissions import OPERATE, scope_of_user, visible_to
from agents.selectors.agents import ORDERS as AGENT_ORDERS
from agents.selectors.agents import STATES as AGENT_STATES
from agents.selectors.agents import choose_agents
from agents.selectors.choices import read_choice
from audit.models import AttentionItem
from tasks.models import Attempt, Task
from tasks.selectors.actions import task_actions
from tasks.selectors.filters import read_filter, read_number
from tasks.selectors.needs import choose_needs, list_alike
from tasks.selectors.words import say_state
from victoros.lib.access import scope_of


@dataclass(frozen=True)
class Noun:
    """One sort of rows that many can be acted on at once."""

    label: str
    load: Callable[[Any, Iterable[int]], list[Any]]
    """Returns the rows among these ids that a user may look at."""
    choose: Callable[[Any, dict[str, str]], Iterable[int]]
    """Returns the ids of all rows that the query of a list's address means."""
    list_url: str
    page: str
    """URL name of one row's page; empty for none."""

    def say_url(self, row: Any) -> str:
        """Return the address of a row's page, or of the list."""
        return reverse(self.page, args=[row.pk]) if self.page else reverse(self.list_url)


def swarm_of(row: Any) -> int | None:
    """Return the swarm whose right to operate counts for a row; None where only everything will do."""
    ref = getattr(row, "swarm_ref", None) or getattr(row, "swarm_id", None)
    return int(ref) if ref else None


def may_operate(user: Any, row: Any) -> bool:
    """Tell whether `user` may act on a row. One look for all rows of a request."""
    scope = scope_of_user(user, OPERATE)
    return scope.everything or swarm_of(row) in scope.swarm_ids


def _load_tasks(user: Any, ids: Iterable[int]) -> list[Any]:
    rows: list[Any] = list(
        visible_to(user, Task.objects.filter(pk__in=list(ids))).select_related("swarm").order_by("-pk")
    )
    latest: dict[int, Attempt] = {}
    for attempt in Attempt.objects.filter(task__in=[row.pk for row in rows]).only("task", "n", "status").order_by("n"):
        latest[attempt.task_id] = attempt
    for row in rows:
        row.open_acts = {action.act for action in task_actions(row, latest.get(row.pk))}
        row.said_state = say_state(row)
    return rows


def _choose_tasks(user: Any, query: dict[str, str]) -> QuerySet[Any, Any]:
    choice = read_filter(query)
    rows = choice.choose(visible_to(user, Task.objects.all()))
    rows = rows.filter(status__in=choice.states) if choice.states else rows
    return rows.order_by("-pk").values_list("pk", flat=True)


def _load_agents(user: Any, ids: Iterable[int]) -> list[Any]:
    rows = visible_to(user, Agent.objects.filter(pk__in=list(ids))).select_related("swarm").defer("instructions")
    return list(rows.order_by("-pk"))


def _choose_agents(user: Any, query: dict[str, str]) -> QuerySet[Any, Any]:
    return (
        choose_agents(user, read_choice(query, AGENT_STATES, AGENT_ORDERS)).order_by("-pk").values_list("pk", flat=True)
    )


def _load_items(user: Any, ids: Iterable[int]) -> list[Any]:
    return list(AttentionItem.objects.filter(scope_of(user).as_filter(), pk__in=list(ids)).order_by("-severity", "pk"))


def _choose_items(user: Any, query: dict[str, str]) -> Iterable[int]:
    alike, kind, swarm = read_number(query, "alike"), query.get("kind", ""), read_number(query, "swarm")
    if alike:
        return list_alike(user, alike, kind, swarm)
    return choose_needs(user, kind, swarm).values_list("pk", flat=True)


def _load_letters(user: Any, ids: Iterable[int]) -> list[Any]:
    rows = visible_to(user, Message.objects.filter(pk__in=list(ids))).select_related("swarm").defer("body", "data")
    return list(rows.order_by("-pk"))


def _choose_letters(user: Any, query: dict[str, str]) -> QuerySet[Any, Any]:
    return choose_mail(user, read_choice(query, MAIL_STATES)).order_by("-pk").values_list("pk", flat=True)


NOUNS: dict[str, Noun] = {
    "task": Noun("task", _load_tasks, _choose_tasks, "task_list", "task_view"),
    "agent": Noun("agent", _load_agents, _choose_agents, "agent_list", "agent_view"),
    "item": Noun("item", _load_items, _choose_items, "approval_list", ""),
    "letter": Noun("letter", _load_letters, _choose_letters, "mail_room", "mail_view"),
}
