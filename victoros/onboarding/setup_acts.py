"""What the forms of the first run do."""

import time
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import gettext as _

from agents.forms.fields import refuse
from agents.models import Provider, Swarm, Workspace
from agents.services.connecting import connect_provider
from agents.services.people import change_person
from agents.services.providers import make_default
from agents.services.setup import make_first_swarm
from agents.services.swarms import create_swarm
from agents.services.workspaces import change_workspace
from audit.actors import person
from tasks.catalog import create_from_template
from victoros.lib.errors import NotAllowed, VictorError
from victoros.onboarding.forms import (
    DESK,
    EMBEDDED,
    EMPTY,
    KEEP,
    FirstSwarmForm,
    ModelForm,
    OperatorForm,
    WorkspaceForm,
)
from victoros.ops.health import HealthProbe

LOADING_S = 20.0
"""So long a question to the embedded model waits for it to have loaded."""


def find_workspace() -> Workspace:
    """Return the oldest workspace."""
    found = Workspace.objects.filter(archived_at=None, sample__isnull=True).order_by("pk").first()
    if found is None:
        raise NotAllowed(_("There is no workspace."), hint=_("Run `./victor up` once: it makes the first one."))
    return found


def find_embedded() -> Provider | None:
    """Return the provider of the model that comes along."""
    return Provider.objects.filter(kind=Provider.Kind.EMBEDDED, archived_at=None).order_by("pk").first()


def did(form: Any, act: Any, *given: Any) -> bool:
    """Do it; what a service refuses stands on the form."""
    try:
        refusal = act(form, *given)
    except VictorError as error:
        refuse(form, error)
        return False
    return refusal is None


def rename_workspace(form: WorkspaceForm, request: HttpRequest, workspace: Workspace) -> None:
    """Do what the first form says."""
    change_workspace(actor=person(request.user), workspace=workspace, **form.cleaned_data)


def rename_operator(form: OperatorForm, request: HttpRequest) -> None:
    """Do what the second form says."""
    user: Any = request.user
    values = form.cleaned_data
    change_person(actor=person(user), user=user, username=values["username"], password=values["password"])


def choose_model(form: ModelForm, request: HttpRequest) -> str | None:
    """Make the chosen model the default; returns why not, which then stands on the form."""
    choice, actor = form.cleaned_data["choice"], person(request.user)
    if choice == KEEP:
        return None
    if choice == EMBEDDED:
        if provider := find_embedded():
            make_default(actor=actor, provider=provider)
        return None
    result = connect_provider(actor=actor, **form.connection())
    if result.ok:
        return None
    form.add_error(None, result.message)
    return result.message


def make_swarm(form: FirstSwarmForm, request: HttpRequest) -> None:
    """Make the chosen swarm, unless somebody has made the first one meanwhile."""
    actor, values = person(request.user), form.cleaned_data
    workspace = find_workspace()

    def make() -> Swarm:
        if values["choice"] == EMPTY:
            return create_swarm(actor=actor, workspace=workspace, name=values["name"])
        folder = "" if values["choice"] == DESK else values["input_folder"]
        return create_from_template(
            actor=actor, workspace=workspace, name=values["name"], template="desk", input_folder=folder
        )

    make_first_swarm(actor=actor, make=make)


def await_embedded() -> None:
    """Wait until the embedded model has loaded; one that is not on this machine is asked at once."""
    where = urlsplit(settings.VICTOR_LLM_URL)
    if where.hostname != "127.0.0.1" or not where.port:
        return
    probe, deadline = HealthProbe(where.hostname, where.port, "/health"), time.monotonic() + LOADING_S
    while not probe.succeeds() and time.monotonic() < deadline:
        time.sleep(0.05)
    probe.close()
