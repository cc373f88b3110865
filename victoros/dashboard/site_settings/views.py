"""The page of settings, for administrators of the site, and the form of a workspace."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from agents.forms.fields import refuse
from agents.models import Provider, Workspace
from agents.permissions import ADMINISTER, require
from agents.services.workspaces import change_workspace
from audit.actors import person
from victoros.dashboard.sign_in import LOOKS
from victoros.dashboard.site_settings.reading import read_begin, read_settings
from victoros.dashboard.zones import remember_zone
from victoros.lib.errors import InvalidInput, NotAllowed, NotFound, VictorError
from victoros.lib.host import name_of, this_host
from victoros.lib.http import finish, next_of
from victoros.onboarding.forms import WorkspaceForm

ONLY = ("", "set")
MOST_WORKSPACES = 50


@require_safe
def show_settings(request: HttpRequest) -> HttpResponse:
    """Show every setting and what can be changed in place: `?q=` words, `?only=set` what somebody said."""
    require_administrator(request.user)
    words, only = request.GET.get("q", "").strip()[:100], request.GET.get("only", "")
    if only not in ONLY:
        raise InvalidInput(
            _("There is no choice %(value)s.") % {"value": repr(only[:40])}, hint=_("Choose all settings, or only=set.")
        )
    context = {
        "groups": read_settings(words, only_set=only == "set"),
        "words": words,
        "only": only,
        "began": read_begin(),
        "host": name_of(this_host()),
        "looks": LOOKS,
        **_read_places(),
    }
    return render(request, "settings/settings_view.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def workspace_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Change what a workspace is called and in which zone its people read times."""
    workspace = Workspace.objects.filter(pk=pk, archived_at=None).first()
    if workspace is None:
        raise NotFound(_("There is nothing here, or you may not see it."), hint=_("Check the address."))
    require(request.user, ADMINISTER, workspace)
    initial = {"name": workspace.name, "time_zone": workspace.time_zone}
    form = WorkspaceForm(request.POST or None, initial=initial, may_be_the_sites=True)
    back = next_of(request, reverse("settings" if request.user.is_superuser else "account"))
    if form.is_bound and form.is_valid() and _change(form, request, workspace):
        return finish(request, back, _("The workspace is changed."))
    context = {"form": form, "workspace": workspace, "back": back}
    return render(request, "settings/workspace_edit.html", context, status=422 if form.is_bound else 200)


def require_administrator(user: Any) -> None:
    """Refuse whoever does not administer the site: settings name folders and servers of the machine."""
    if not (user.is_active and user.is_superuser):
        raise NotAllowed(
            _("Only administrators of the site may see its settings."),
            hint=_("Your own name, password, look and notifications are under your name in the side bar."),
        )


def _change(form: WorkspaceForm, request: HttpRequest, workspace: Workspace) -> bool:
    try:
        change_workspace(actor=person(request.user), workspace=workspace, **form.cleaned_data)
    except VictorError as error:
        refuse(form, error)
        return False
    remember_zone(request, request.user)
    return True


def _read_places() -> dict[str, Any]:
    """Return what is kept as rows and changed on pages. Two queries."""
    workspaces = Workspace.objects.filter(archived_at=None, sample__isnull=True).order_by("name")[: MOST_WORKSPACES + 1]
    default = Provider.objects.filter(archived_at=None, is_default=True).first()
    return {
        "workspaces": list(workspaces)[:MOST_WORKSPACES],
        "has_more_workspaces": len(workspaces) > MOST_WORKSPACES,
        "provider": default,
    }
