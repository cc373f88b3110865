"""What stands around every list: saved views and files above it, acts on picked rows below it. `{% load lists %}`."""

from typing import Any
from urllib.parse import parse_qs

from django import template
from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from agents.models import Agent, SavedView, Swarm
from agents.permissions import OPERATE, scope_of_user, visible_to
from agents.selectors.swarms import list_choosable_swarms
from agents.services.views import clean_query
from agents.views.saved import read_views, view_url
from tasks.bulk.acts import ACTS
from victoros.lib.exporting import MOST
from victoros.lib.figures import say_count
from victoros.templatetags.frame import chosen_density

register = template.Library()


@register.inclusion_tag("lists/_head.html", takes_context=True)
def list_head(context: Any, list_name: str) -> dict[str, Any]:
    """Show the saved views of this list as tabs, and the list as files. One query at most; two more where views name rows."""
    request = context["request"]
    query = clean_query(request.GET.urlencode())
    views = read_views(request, list_name)
    current = next((view for view in views if view.query == query), None)
    stale = _find_stale(request.user, views)
    here = reverse(list_name)
    file_url = f"{here}?{query}&format=" if query else f"{here}?format="
    return {
        "views": [_as_tab(view, current, stale) for view in views],
        "current": current if current and current.user_id == request.user.pk else None,
        "query": query if current is None else "",
        "all_url": f"{here}?all=1",
        "list_name": list_name,
        "csv_url": f"{file_url}csv",
        "json_url": f"{file_url}json",
        "most": f"{MOST:,}",
        "density": chosen_density(context),
        "here": request.get_full_path(),
        "csrf_token": context.get("csrf_token", ""),
    }


@register.inclusion_tag("components/_swarm_choice.html", takes_context=True)
def swarm_choice(context: Any, chosen: int | None) -> dict[str, Any]:
    """Offer the reader's swarms, on pages that know none: the first of them by name, and the chosen one. A query or two."""
    user = context["request"].user
    swarms = list_choosable_swarms(user)
    swarm = next((row for row in swarms if row.pk == chosen), None)
    if chosen and swarm is None:
        swarm = visible_to(user, Swarm.objects.all(), "pk").filter(pk=chosen).first()
    return {"swarms": swarms, "swarm": swarm}


@register.inclusion_tag("bulk/_bar.html", takes_context=True)
def bulk_bar(context: Any, noun: str, total: int = 0, is_more: bool = False) -> dict[str, Any]:
    """Show what can be done to picked rows, to those who may operate anything."""
    request = context["request"]
    scope = scope_of_user(request.user, OPERATE)
    may = scope.everything or bool(scope.swarm_ids)
    return {
        "noun": noun,
        "acts": list(ACTS[noun].values()) if may else [],
        "total": total,
        "shown_total": f"{say_count(total)}{'+' if is_more else ''}",
        "query": request.GET.urlencode(),
        "csrf_token": context.get("csrf_token", ""),
    }


def _as_tab(view: SavedView, current: SavedView | None, stale: set[int]) -> dict[str, Any]:
    shared = (
        _(", shared with %(workspace)s by %(user)s") % {"workspace": view.workspace.name, "user": view.user}
        if view.workspace
        else ""
    )
    return {
        "name": view.name,
        "url": view_url(view),
        "is_current": view == current,
        "is_stale": view.pk in stale,
        "title": f"{view.query or _('everything')}{shared}",
    }


def _find_stale(user: Any, views: list[SavedView]) -> set[int]:
    """Return the views that name a swarm or agent which is gone or out of the reader's sight."""
    named = {view.pk: _names(view.query) for view in views}
    swarms = {pk for swarm, _ in named.values() for pk in swarm}
    agents = {pk for _, agent in named.values() for pk in agent}
    seen_swarms = (
        _seen(visible_to(user, Swarm.objects.filter(pk__in=swarms, archived_at=None), "pk")) if swarms else set()
    )
    seen_agents = _seen(visible_to(user, Agent.objects.filter(pk__in=agents, retired_at=None))) if agents else set()
    return {pk for pk, (swarm, agent) in named.items() if swarm - seen_swarms or agent - seen_agents}


def _seen(rows: QuerySet[Any]) -> set[int]:
    return set(rows.values_list("pk", flat=True))


def _names(query: str) -> tuple[set[int], set[int]]:
    asked = parse_qs(query)
    return _numbers(asked.get("swarm", [])), _numbers(asked.get("agent", []))


def _numbers(texts: list[str]) -> set[int]:
    return {int(text) for text in texts if text.isascii() and text.isdigit() and len(text) < 16}
