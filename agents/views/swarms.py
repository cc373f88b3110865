"""Pages of swarms. Starting, pausing and stopping them is in `tasks.views.control`."""

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from agents.forms.fields import refuse
from agents.forms.swarms import EditSwarmForm, NewSwarmForm
from agents.models import Swarm
from agents.permissions import ADMINISTER, require
from agents.selectors import swarms
from agents.selectors.choices import read_choice
from agents.selectors.swarm_page import read_parts
from agents.services.swarms import change_swarm, create_swarm
from agents.work import catalog
from audit.actors import Actor, person
from audit.selectors import as_open_count, choose_open_count
from audit.watch import Watch, render_live, watch
from victoros.lib.errors import InvalidInput, NotAllowed, VictorError
from victoros.lib.http import finish, wants_partial

REFRESH_S = 5


@dataclass(frozen=True)
class Part:
    """One live section of a swarm's page."""

    template: str
    topics: tuple[str, ...]
    """With the swarm's id where they hold `%d`."""
    refresh_s: int = 0


PARTS = {
    "state": Part("agents/_swarm_state.html", ("swarm:%d", "attention")),
    "crew": Part("agents/_swarm_crew.html", ("swarm:%d",), REFRESH_S),
    "spend": Part("agents/_swarm_spend.html", ("swarm:%d",), REFRESH_S),
    "map": Part("agents/_swarm_map.html", ("mail:%d",)),
    "side": Part("agents/_swarm_side.html", ("swarm:%d", "mail:%d", "providers")),
}


@require_safe
def swarm_list(request: HttpRequest) -> HttpResponse:
    """List the swarms."""
    choice = read_choice(request.GET, swarms.STATES)
    live = watch(request.get_full_path(), "swarms", "attention")

    def build() -> dict[str, Any]:
        page = swarms.list_swarms(request.user, choice)
        may_make = swarms.list_workspaces(request.user).exists()
        return {"choice": choice, "page": page, "states": swarms.STATES, "may_make": may_make}

    return render_live(request, live, "agents/swarm_list.html", "agents/_swarms.html", build)


@require_safe
def swarm_view(request: HttpRequest, pk: int) -> HttpResponse:
    """Show one swarm; `?part=` names one of its live sections for htmx."""
    live = watch(request.get_full_path(), f"swarm:{pk}", f"mail:{pk}", "attention", "providers")
    swarm = swarms.find_swarm(request.user, pk)
    part = request.GET.get("part", "state")
    if part not in PARTS:
        raise InvalidInput(
            _("There is no part %(value)s.") % {"value": repr(part[:40])},
            hint=_("Parts are: %(parts)s.") % {"parts": ", ".join(PARTS)},
        )
    if not wants_partial(request):
        return render(request, "agents/swarm_view.html", _build_page(request, swarm, live))
    section = _narrow(live, swarm, part)

    def build() -> dict[str, Any]:
        return {"swarm": swarm, **read_parts(request.user, swarm, part)[0]}

    return render_live(request, section, "", PARTS[part].template, build)


@require_http_methods(["GET", "HEAD", "POST"])
def swarm_new(request: HttpRequest) -> HttpResponse:
    """Make a swarm, empty or from a template."""
    workspaces = swarms.list_workspaces(request.user)
    if not workspaces:
        raise NotAllowed(_("You may not make swarms."), hint=_("Ask an admin of a workspace for the role admin there."))
    if request.method != "POST":
        given = {"template": request.GET.get("template", ""), "input_folder": request.GET.get("input", "")}
        return _show_new(request, NewSwarmForm(workspaces=workspaces, initial=given))
    form = NewSwarmForm(request.POST, workspaces=workspaces)
    swarm = _make(person(request.user), form) if form.is_valid() else None
    if swarm is None:
        return _show_new(request, form, status=422)
    return finish(
        request, reverse("swarm_view", args=[swarm.pk]), _("The swarm %(name)s was made.") % {"name": swarm.name}
    )


@require_http_methods(["GET", "HEAD", "POST"])
def swarm_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Change what a swarm is."""
    swarm = swarms.find_swarm(request.user, pk)
    require(request.user, ADMINISTER, swarm)
    form = EditSwarmForm(request.POST if request.method == "POST" else None, swarm=swarm)
    if form.is_bound and form.is_valid() and _change(person(request.user), swarm, form):
        return finish(request, reverse("swarm_view", args=[pk]), _("The swarm was changed."))
    return render(
        request, "agents/swarm_edit.html", {"swarm": swarm, "form": form}, status=422 if form.is_bound else 200
    )


def _build_page(request: HttpRequest, swarm: Swarm, live: Watch) -> dict[str, Any]:
    parts, found = read_parts(request.user, swarm, *PARTS, open_items=choose_open_count(request.user))
    frame = {"live": live, "open_item_count": as_open_count(found["open_items"])}
    return {"swarm": swarm, **frame, **parts, **{f"{name}_live": _narrow(live, swarm, name) for name in PARTS}}


def _narrow(live: Watch, swarm: Swarm, part: str) -> Watch:
    topics = [topic.replace("%d", str(swarm.pk)) for topic in PARTS[part].topics]
    url = reverse("swarm_view", args=[swarm.pk])
    return live.narrow(f"{url}?part={part}", *topics, refresh_s=PARTS[part].refresh_s)


def _make(actor: Actor, form: NewSwarmForm) -> Swarm | None:
    values = form.values()
    try:
        if values["template"]:
            values.pop("purpose")
            return catalog().create_from_template(actor=actor, **values)
        return create_swarm(actor=actor, **values)
    except VictorError as error:
        refuse(form, error)
        return None


def _change(actor: Actor, swarm: Swarm, form: EditSwarmForm) -> bool:
    try:
        change_swarm(actor=actor, swarm=swarm, **form.changes())
    except VictorError as error:
        refuse(form, error)
        return False
    return True


def _show_new(request: HttpRequest, form: NewSwarmForm, status: int = 200) -> HttpResponse:
    return render(
        request, "agents/swarm_new.html", {"form": form, "templates": catalog().list_templates()}, status=status
    )
