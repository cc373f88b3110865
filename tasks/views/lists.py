"""The list of tasks and the board: one address, also as a section for the pages of swarms and agents."""

from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l
from django.views.decorators.http import require_safe

from agents.models import Agent, Swarm
from agents.permissions import OPERATE, scope_of_user, visible_to
from agents.selectors.swarms import has_any, read_surroundings
from audit.exports import make_export
from audit.watch import render_live, watch
from tasks.exports import TASK_COLUMNS, rows_of_tasks
from tasks.selectors.filters import TaskFilter, read_filter
from tasks.selectors.hindrances import find_hindrances
from tasks.selectors.lists import PAGE, TaskPage, list_columns, list_tasks
from tasks.selectors.sorting import ORDERS, order_of
from victoros.lib.errors import NotFound
from victoros.lib.exporting import read_format
from victoros.lib.wording import say_word

PRIORITY_WORDS = {"high": _l("high priority"), "normal": _l("normal priority"), "low": _l("low priority")}
AGE_WORDS = {
    "hour": _l("made within an hour"),
    "day": _l("made within a day"),
    "week": _l("made within 7 days"),
    "month": _l("made within 30 days"),
    "older": _l("older than 30 days"),
}
COST_WORDS = {
    "any": _l("cost anything"),
    "cent": _l("cost $0.01 or more"),
    "dime": _l("cost $0.10 or more"),
    "dollar": _l("cost $1 or more"),
    "ten": _l("cost $10 or more"),
}
SORT_WORDS = {
    "age": _l("oldest first"),
    "-age": _l("newest first"),
    "priority": _l("most urgent first"),
    "-priority": _l("least urgent first"),
    "updated": _l("last changed first"),
    "-updated": _l("unchanged for longest first"),
    "title": _l("titles from A"),
    "-title": _l("titles from Z"),
    "cost": _l("dearest first"),
    "-cost": _l("cheapest first"),
}
WORDS = {"priority": PRIORITY_WORDS, "age": AGE_WORDS, "cost": COST_WORDS, "sort": SORT_WORDS}
"""What stands in the menus of the list, by the names of the address."""
BRIEF = 20


@require_safe
def task_list(request: HttpRequest) -> HttpResponseBase:
    """Show the chosen tasks by page or as a board; for htmx the section alone."""
    choice = read_filter(request.GET)
    file = read_format(request)
    if file:
        return make_export(request, "tasks", rows_of_tasks(request.user, choice), TASK_COLUMNS, file)
    live = watch(request.get_full_path(), _topic(choice))
    return render_live(request, live, "tasks/task_list.html", "tasks/_task_list.html", lambda: _build(request, choice))


def _topic(choice: TaskFilter) -> str:
    if choice.agent:
        return f"agent:{choice.agent}"
    return f"swarm:{choice.swarm}" if choice.swarm else "swarms"


def _build(request: HttpRequest, choice: TaskFilter) -> dict[str, Any]:
    swarms, open_items = read_surroundings(request.user)
    context: dict[str, Any] = {
        "open_item_count": open_items,
        "choice": choice,
        "swarms": swarms,
        "swarm": _find_swarm(request.user, choice.swarm, swarms),
        "agent": _find_agent(request.user, choice.agent),
        "words": WORDS,
    }
    context["chips"] = _chips(choice, context["swarm"], context["agent"])
    if choice.view == "board":
        columns = list_columns(request.user, choice)
        hindrances = find_hindrances(row for column in columns for row in column.rows)
        return context | {
            "columns": columns,
            "hindrances": hindrances,
            "operable": scope_of_user(request.user, OPERATE),
        }
    page = list_tasks(request.user, choice, size=BRIEF if choice.view == "brief" else PAGE)
    may_add = has_any(request.user, OPERATE, swarms)
    new_task = reverse("task_new") + (f"?swarm={choice.swarm}" if choice.swarm else "") if may_add else ""
    tabs, heads = _tabs(page, choice), _heads(choice)
    has_costs = any(hasattr(row, "spent") for row in page.rows)
    more = {"tabs": tabs, "heads": heads, "has_costs": has_costs, "new_task": new_task}
    return context | {"page": page, **more, **_links(page, choice)}


def _chips(choice: TaskFilter, swarm: Swarm | None, agent: Agent | None) -> list[dict[str, str]]:
    """Return what narrows the list, each with the query of the list without it."""
    words = {
        "swarm": swarm and _("swarm %(name)s") % {"name": swarm.name},
        "agent": agent and _("agent %(name)s") % {"name": agent.name},
        "state": choice.state and say_word(choice.state),
        "kind": choice.kind and _("kind %(name)s") % {"name": choice.kind},
        "priority": choice.priority and PRIORITY_WORDS[choice.priority],
        "needs": choice.needs and _("needs %(name)s") % {"name": choice.needs},
        "age": choice.age and AGE_WORDS[choice.age],
        "cost": choice.cost and COST_WORDS[choice.cost],
        "search": choice.search and f"“{choice.search}”",
        "sort": choice.sort and SORT_WORDS[choice.sort],
    }
    empty: dict[str, Any] = {"swarm": None, "agent": None}
    return [
        {"label": str(label), "query": choice.as_query(**{name: empty.get(name, "")})}
        for name, label in words.items()
        if label
    ]


def _heads(choice: TaskFilter) -> dict[str, dict[str, str]]:
    """Return, for each column that sorts, the query of the list sorted by it, or the other way round when it is already."""
    return {
        name: {
            "query": choice.as_query(sort=f"-{name}" if choice.sort == name else name),
            "direction": _direction(choice.sort) if choice.sort.removeprefix("-") == name else "",
        }
        for name in ORDERS
    }


def _direction(sort: str) -> str:
    return "descending" if order_of(sort).descending else "ascending"


def _tabs(page: TaskPage, choice: TaskFilter) -> list[dict[str, Any]]:
    """Return the states as links, each with how many tasks it would show."""
    return [
        {"state": row.state, "label": row.label, "count": row.count, "query": choice.as_query(state=row.state)}
        for row in page.counts
    ]


def _links(page: TaskPage, choice: TaskFilter) -> dict[str, str]:
    address = reverse("task_list")
    return {
        "any_state": f"{address}?{choice.as_query(state='')}",
        "first_page": f"{address}?{choice.as_query()}",
        "whole_list": f"{address}?{choice.as_query(view='list')}",
        "next_page": f"{address}?{choice.as_query(after=page.next)}" if page.next else "",
        "page_above": f"{address}?{choice.as_query(before=page.previous)}" if page.previous else "",
    }


def _find_swarm(user: Any, pk: int | None, known: list[Swarm]) -> Swarm | None:
    if pk is None:
        return None
    found = next((swarm for swarm in known if swarm.pk == pk), None)
    found = found or visible_to(user, Swarm.objects.filter(pk=pk), "pk").first()
    if found is None:
        raise NotFound(
            _("There is no swarm %(pk)s, or you may not see it.") % {"pk": pk}, hint=_("Choose another swarm.")
        )
    return found


def _find_agent(user: Any, pk: int | None) -> Agent | None:
    if pk is None:
        return None
    found = visible_to(user, Agent.objects.select_related("swarm").filter(pk=pk)).first()
    if found is None:
        raise NotFound(
            _("There is no agent %(pk)s, or you may not see it.") % {"pk": pk}, hint=_("Choose another agent.")
        )
    return found
