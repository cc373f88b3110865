"""The list of tasks and the board: one address, also as a section for the pages of swarms and agents."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

from agents.models import Agent, Swarm
from agents.permissions import OPERATE, visible_to
from audit.watch import render_live, watch
from tasks.selectors.filters import TaskFilter, read_filter
from tasks.selectors.lists import PAGE, TaskPage, list_columns, list_tasks
from victoros.lib.errors import NotFound

MOST_SWARMS = 200
BRIEF = 20


@require_safe
def task_list(request: HttpRequest) -> HttpResponse:
    """Show the chosen tasks by page or as a board; for htmx the section alone."""
    choice = read_filter(request.GET)
    live = watch(request.get_full_path(), _topic(choice))
    return render_live(request, live, "tasks/task_list.html", "tasks/_task_list.html", lambda: _build(request, choice))


def _topic(choice: TaskFilter) -> str:
    if choice.agent:
        return f"agent:{choice.agent}"
    return f"swarm:{choice.swarm}" if choice.swarm else "swarms"


def _build(request: HttpRequest, choice: TaskFilter) -> dict[str, Any]:
    swarms = list(visible_to(request.user, Swarm.objects.filter(archived_at=None), "pk").order_by("name")[:MOST_SWARMS])
    context: dict[str, Any] = {
        "choice": choice,
        "swarms": swarms,
        "swarm": _find_swarm(request.user, choice.swarm, swarms),
        "agent": _find_agent(request.user, choice.agent),
    }
    if choice.view == "board":
        return context | {"columns": list_columns(request.user, choice)}
    page = list_tasks(request.user, choice, size=BRIEF if choice.view == "brief" else PAGE)
    may_add = visible_to(request.user, Swarm.objects.all(), "pk", OPERATE).exists()
    new_task = reverse("task_new") + (f"?swarm={choice.swarm}" if choice.swarm else "") if may_add else ""
    return context | {"page": page, "tabs": _tabs(page, choice), "new_task": new_task, **_links(page, choice)}


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
    }


def _find_swarm(user: Any, pk: int | None, known: list[Swarm]) -> Swarm | None:
    if pk is None:
        return None
    found = next((swarm for swarm in known if swarm.pk == pk), None)
    found = found or visible_to(user, Swarm.objects.filter(pk=pk), "pk").first()
    if found is None:
        raise NotFound(f"There is no swarm {pk}, or you may not see it.", hint="Choose another swarm.")
    return found


def _find_agent(user: Any, pk: int | None) -> Agent | None:
    if pk is None:
        return None
    found = visible_to(user, Agent.objects.select_related("swarm").filter(pk=pk)).first()
    if found is None:
        raise NotFound(f"There is no agent {pk}, or you may not see it.", hint="Choose another agent.")
    return found
