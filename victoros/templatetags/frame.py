"""What the frame around every page needs: `{% load frame %}`."""

from typing import Any

from django import template
from django.http import HttpRequest
from django.urls import reverse

from agents.permissions import ADMINISTER, OPERATE, scope_of_user
from audit.selectors import count_open_items
from audit.watch import FRAME, watch
from victoros.dashboard.assets import asset_url as _asset_url
from victoros.dashboard.behind import Behind, find_rows
from victoros.dashboard.navigation import Link, links_for, thumb_links
from victoros.dashboard.sign_in import DENSITIES, DENSITY_COOKIE, LOOK_COOKIE, LOOKS
from victoros.lib.access import Scope

register = template.Library()


@register.simple_tag
def asset_url(name: str) -> str:
    """Return the address of the joined styles or scripts."""
    return _asset_url(name)


@register.simple_tag(takes_context=True)
def chosen_look(context: Any) -> str:
    """Return `light` or `dark` if this browser asked for one, else `system`."""
    request = context.get("request")
    asked = request.COOKIES.get(LOOK_COOKIE, "") if request else ""
    return asked if asked in LOOKS else "system"


@register.simple_tag(takes_context=True)
def chosen_density(context: Any) -> str:
    """Return `compact` if this browser asked for it, else `comfortable`."""
    request = context.get("request")
    asked = request.COOKIES.get(DENSITY_COOKIE, "") if request else ""
    return asked if asked in DENSITIES else DENSITIES[0]


@register.simple_tag(takes_context=True)
def places(context: Any) -> list[Link]:
    """Return the links of the side bar, the current place marked."""
    return links_for(_name_of(context.get("request")), context["request"].user)


@register.simple_tag(takes_context=True)
def rows_behind(context: Any) -> Behind:
    """Return the place in the admin of what the page shows, for who may look at rows; else the admin itself."""
    request = context["request"]
    return find_rows(request.resolver_match, may_look=request.user.is_superuser)


@register.simple_tag(takes_context=True)
def thumb_places(context: Any) -> list[Link]:
    """Return the links of the phone's bottom bar, the current place marked."""
    return thumb_links(places(context))


@register.simple_tag(takes_context=True)
def open_items(context: Any) -> dict[str, Any]:
    """Return how many items wait for the reader, with the watch that keeps the figure live."""
    url = reverse("live_tally")
    page = context.get("live")
    live = page.narrow(url, FRAME) if page and FRAME in page.beside else watch(url, FRAME)
    known = context.get("open_item_count")
    known = known() if callable(known) else known
    return {"live": live, "count": count_open_items(context["request"].user) if known is None else known}


@register.simple_tag(takes_context=True)
def may_operate_any(context: Any) -> bool:
    """Tell whether the reader may give work or answer in any swarm; buttons that make something stand behind it."""
    scope = _scope(context["request"], OPERATE)
    return scope.everything or bool(scope.swarm_ids)


@register.simple_tag(takes_context=True)
def may_make_swarms(context: Any) -> bool:
    """Tell whether the reader administers any workspace."""
    scope = _scope(context["request"], ADMINISTER)
    return scope.everything or bool(scope.workspace_ids)


def _scope(request: Any, action: str) -> Scope:
    """Ask once per request, however many buttons want to know."""
    known: dict[str, Scope] = request.__dict__.setdefault("victor_scopes", {})
    if action not in known:
        known[action] = scope_of_user(request.user, action)
    return known[action]


def _name_of(request: HttpRequest | None) -> str:
    match = getattr(request, "resolver_match", None)
    return (match.url_name or "") if match else ""
