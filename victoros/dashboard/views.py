"""The board, the stop of everything, the cells."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from agents.models import Swarm
from agents.permissions import OPERATE, visible_to
from audit.actors import person
from audit.watch import render_live, watch
from tasks.services.control import stop_swarm
from victoros.dashboard.board import read_board
from victoros.dashboard.cells import read_cells
from victoros.lib.figures import say_many
from victoros.lib.http import confirm, finish

REFRESH_S = 5
"""How often facts that age by themselves are rendered anew."""


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Show what needs me, what is wrong, what everyone does and what it costs."""
    live = watch(reverse("home"), "swarms", "attention", "cells", "providers", refresh_s=REFRESH_S)

    def build() -> dict[str, Any]:
        board = read_board(request.user)
        return {"board": board, "open_item_count": board.figures.open_items}

    return render_live(request, live, "dashboard/board.html", "dashboard/_board.html", build)


@require_safe
def cell_list(request: HttpRequest) -> HttpResponse:
    """Show the processes that drive attempts, with their leases."""
    live = watch(request.get_full_path(), "cells", refresh_s=REFRESH_S)
    return render_live(
        request, live, "dashboard/cell_list.html", "dashboard/_cells.html", lambda: {"cells": read_cells()}
    )


@require_http_methods(["GET", "POST"])
def stop(request: HttpRequest) -> HttpResponse:
    """Stop every running swarm that the reader may operate, after asking."""
    swarms = list(visible_to(request.user, _going(), "pk", OPERATE))
    if request.method == "GET":
        return confirm(request, _stop_question(swarms))
    results = [stop_swarm(actor=person(request.user), swarm=swarm) for swarm in swarms]
    attempts = sum(result.stopped_attempts for result in results)
    said = f"Stopped: {say_many(len(swarms), 'swarm')}; {say_many(attempts, 'attempt')} taken from the cells."
    return finish(request, reverse("swarm_list"), said)


def _going() -> Any:
    return Swarm.objects.filter(archived_at=None).exclude(desired_state="stopped").order_by("name")


def _stop_question(swarms: list[Swarm]) -> dict[str, Any]:
    effects = [f"{swarm.name} stops: no new work, nothing late is accepted" for swarm in swarms]
    return {
        "title": f"Stop {say_many(len(swarms), 'swarm')}?" if swarms else "Nothing to stop",
        "text": "Calls in flight are given up and finished steps are kept."
        if swarms
        else "No swarm that you may operate is running.",
        "effects": effects,
        "undo": "Each swarm can be started again and goes on at its last finished step." if swarms else "",
        "in_place": True,
        "action": reverse("stop"),
        "submit": "Stop everything" if swarms else "All right",
        "danger": bool(swarms),
    }
