"""Who may do what on a swarm: its page *People*."""

from typing import Any

from django.contrib.auth import get_user_model
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from agents.forms.fields import refuse
from agents.forms.people import NO_ROLE, RoleForm
from agents.models import Swarm
from agents.permissions import ADMINISTER, list_roles, may, require
from agents.selectors.swarms import find_swarm
from agents.services.people import add_person
from agents.services.roles import grant_role, revoke_role
from audit.actors import person
from victoros.lib.errors import VictorError
from victoros.lib.http import finish
from victoros.lib.wording import say_word


@require_http_methods(["GET", "HEAD", "POST"])
def swarm_people(request: HttpRequest, pk: int) -> HttpResponse:
    """Show who has which role on the swarm and its workspace; give or take one."""
    swarm = find_swarm(request.user, pk)
    require(request.user, ADMINISTER, swarm)
    may_workspace = may(request.user, ADMINISTER, swarm.workspace)
    data = request.POST if request.method == "POST" else None
    form = RoleForm(data, may_workspace=may_workspace, may_add=request.user.is_superuser)
    said = _change(request.user, swarm, form) if form.is_bound and form.is_valid() else ""
    if said:
        return finish(request, reverse("swarm_people", args=[pk]), said)
    context = {
        "swarm": swarm,
        "form": form,
        "may_workspace": may_workspace,
        "on_swarm": list_roles(swarm),
        "on_workspace": list_roles(swarm.workspace),
    }
    return render(request, "agents/swarm_people.html", context, status=422 if form.is_bound else 200)


def _change(user: Any, swarm: Swarm, form: RoleForm) -> str:
    """Return what to tell; empty when it was refused."""
    holder = swarm.workspace if form.cleaned_data["reach"] == "workspace" else swarm
    name, role = form.cleaned_data["username"], form.cleaned_data["role"]
    try:
        if role == NO_ROLE:
            changed = revoke_role(actor=person(user), username=name, holder=holder)
            return (
                _("%(name)s has no role on %(holder)s any more.") % {"name": name, "holder": holder.name}
                if changed
                else _("%(name)s had no role on %(holder)s.") % {"name": name, "holder": holder.name}
            )
        added = form.cleaned_data.get("add", False) and _add_missing(user, name)
        changed = grant_role(actor=person(user), username=name, role=role, holder=holder)
    except VictorError as error:
        refuse(form, error)
        return ""
    said = _("%(name)s is %(role)s on %(swarm)s now.") if changed else _("%(name)s is %(role)s on %(swarm)s already.")
    said %= {"name": name, "role": say_word(role), "swarm": holder.name}
    return (
        _("%(said)s %(name)s is new: ./victor sign-in-link --user %(name)s prints the way in.")
        % {"said": said, "name": name}
        if added
        else said
    )


def _add_missing(user: Any, name: str) -> bool:
    """Return whether somebody was added; an account that is there stays as it is."""
    if get_user_model().objects.filter(username=name).exists():
        return False
    add_person(actor=person(user), username=name)
    return True
