"""The board, the stop of everything, the cells, the palette."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from agents.models import Swarm
from agents.permissions import OPERATE, scope_of_user, visible_to
from audit.actors import person
from audit.watch import render_live, watch
from tasks.services.control import stop_swarm
from victoros.dashboard.board import read_board
from victoros.dashboard.cells import read_cells, read_held, read_hosts, read_leases, read_queues
from victoros.dashboard.palette import find_offers, keys_for
from victoros.lib.http import confirm, finish, wants_partial
from victoros.lib.wording import say_many

REFRESH_S = 5
"""How often facts that age by themselves are rendered anew."""


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Show what needs me, what is wrong, what everyone does and what it costs."""
    live = watch(reverse("home"), "swarms", "attention", "cells", "providers", refresh_s=REFRESH_S)

    def build() -> dict[str, Any]:
        board = read_board(request.user)
        return {"board": board, "open_item_count": board.figures.open_items if board.settles else 0}

    return render_live(request, live, "dashboard/board.html", "dashboard/_board.html", build)


@require_safe
def cell_list(request: HttpRequest) -> HttpResponse:
    """Show the processes that drive attempts, with their leases."""
    live = watch(request.get_full_path(), "cells", refresh_s=REFRESH_S)
    return render_live(
        request, live, "dashboard/cell_list.html", "dashboard/_cells.html", lambda: _read_cells_page(request.user)
    )


@require_safe
def cell_view(request: HttpRequest, pk: int) -> HttpResponse:
    """Show one cell and what it holds."""
    live = watch(request.get_full_path(), "cells", refresh_s=REFRESH_S)

    def build() -> dict[str, Any]:
        return {"held": read_held(request.user, pk)}

    return render_live(request, live, "dashboard/cell_view.html", "dashboard/_cell.html", build)


@require_safe
def find(request: HttpRequest) -> HttpResponse:
    """Show what some words may mean; for the palette the list alone."""
    words = request.GET.get("q", "")
    template = "dashboard/_found.html" if wants_partial(request) else "dashboard/find.html"
    return render(request, template, {"offers": find_offers(request.user, words), "words": words})


@require_safe
def keys(request: HttpRequest) -> HttpResponse:
    """Show every key the pages answer to."""
    template = "dashboard/_keys.html" if wants_partial(request) else "dashboard/keys.html"
    return render(request, template, {"groups": keys_for(request.user)})


@require_http_methods(["GET", "POST"])
def stop(request: HttpRequest) -> HttpResponse:
    """Stop every running swarm that the reader may operate, after asking."""
    swarms = list(visible_to(request.user, _going(), "pk", OPERATE))
    if request.method == "GET":
        return confirm(request, _stop_question(swarms))
    results = [stop_swarm(actor=person(request.user), swarm=swarm) for swarm in swarms]
    attempts = sum(result.stopped_attempts for result in results)
    said = _("Stopped: %(swarms)s; %(attempts)s taken from the cells.") % {
        "swarms": say_many(len(swarms), "swarm"),
        "attempts": say_many(attempts, "attempt"),
    }
    return finish(request, reverse("swarm_list"), said)


def _going() -> Any:
    return Swarm.objects.filter(archived_at=None).exclude(desired_state="stopped").order_by("name")


def _stop_question(swarms: list[Swarm]) -> dict[str, Any]:
    effects = [_("%(name)s stops: no new work, nothing late is accepted") % {"name": swarm.name} for swarm in swarms]
    return {
        "title": _("Stop %(swarms)s?") % {"swarms": say_many(len(swarms), "swarm")} if swarms else _("Nothing to stop"),
        "text": _("Calls in flight are given up and finished steps are kept.")
        if swarms
        else _("No swarm that you may operate is running."),
        "effects": effects,
        "undo": _("Each swarm can be started again and goes on at its last finished step.") if swarms else "",
        "in_place": True,
        "action": reverse("stop"),
        "submit": _("Stop everything") if swarms else _("All right"),
        "danger": bool(swarms),
    }


def _read_cells_page(user: Any) -> dict[str, Any]:
    cells, leases = read_cells(), read_leases()
    return {
        "cells": cells,
        "hosts": read_hosts(cells, leases),
        "queues": read_queues(user),
        "leases": leases,
        "sees_all": scope_of_user(user).everything,
    }
