"""The pages of the first run: workspace, operator, language model, first swarm, and the board with it running."""

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.contrib.auth import update_session_auth_hash
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from agents.models import Provider, Setup
from agents.services.providers import test_provider
from agents.services.setup import begin_again, end_setup, find_setup, is_going_on, reach_step
from audit.actors import person
from audit.watch import Watch, render_live, watch
from victoros.dashboard.sign_in import keep_look
from victoros.dashboard.zones import remember_zone
from victoros.lib.errors import NotAllowed
from victoros.lib.http import finish
from victoros.onboarding.forms import (
    EMBEDDED,
    KEEP,
    FirstSwarmForm,
    ModelForm,
    OperatorForm,
    WorkspaceForm,
)
from victoros.onboarding.setup_acts import (
    await_embedded,
    choose_model,
    did,
    find_embedded,
    find_workspace,
    make_swarm,
    rename_operator,
    rename_workspace,
)


@dataclass(frozen=True)
class Stage:
    """One step as the bar above the pages shows it."""

    name: str
    label: Any
    state: str
    """`done`, `now` or `open`."""


LABELS = {
    Setup.Step.WORKSPACE: gettext_lazy("Workspace"),
    Setup.Step.OPERATOR: gettext_lazy("You"),
    Setup.Step.MODEL: gettext_lazy("Language model"),
    Setup.Step.SWARM: gettext_lazy("First swarm"),
}


@never_cache
@require_safe
def setup(request: HttpRequest) -> HttpResponse:
    """Go on where the first run stands; say that it is over when it is."""
    _require(request.user)
    found = find_setup()
    if found is None or not is_going_on(found):
        return render(request, "onboarding/setup_done.html", {"setup": found, "is_over": True})
    return redirect(f"setup_{found.step}")


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def setup_workspace(request: HttpRequest) -> HttpResponse:
    """Name the workspace and its time zone."""
    _require(request.user)
    workspace = find_workspace()
    zone = workspace.time_zone or settings.TIME_ZONE
    kept = {"name": workspace.name, "time_zone": zone}
    form = WorkspaceForm(request.POST or None, initial=kept, zone=workspace.time_zone)
    if form.is_bound and form.is_valid() and did(form, rename_workspace, request, workspace):
        remember_zone(request, request.user)
        return _go_on(Setup.Step.OPERATOR)
    return _show(request, Setup.Step.WORKSPACE, form, {"model": find_embedded()})


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def setup_operator(request: HttpRequest) -> HttpResponse:
    """Name the operator, set a password if wanted, and choose the look."""
    _require(request.user)
    user: Any = request.user
    kept = {"username": user.get_username(), "look": request.COOKIES.get("victor_look", "system")}
    form = OperatorForm(request.POST or None, user=user, initial=kept)
    if form.is_bound and form.is_valid() and did(form, rename_operator, request):
        if form.cleaned_data.get("password"):
            update_session_auth_hash(request, user)
        return keep_look(request, _go_on(Setup.Step.MODEL), form.cleaned_data["look"])
    return _show(request, Setup.Step.OPERATOR, form)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def setup_model(request: HttpRequest) -> HttpResponse:
    """Choose the language model; another than the present one is asked a real question before it is kept."""
    _require(request.user)
    default = Provider.objects.filter(is_default=True, archived_at=None).first()
    kept = default if default and default.kind != EMBEDDED else None
    form = ModelForm(request.POST or None, kept=kept, initial={"choice": KEEP if kept else EMBEDDED})
    if form.is_bound and form.is_valid() and did(form, choose_model, request):
        return _go_on(Setup.Step.SWARM)
    model = {"model": find_embedded(), "kept": kept, "live": _watch_model()}
    return _show(request, Setup.Step.MODEL, form, model)


@require_safe
def setup_verdict(request: HttpRequest) -> HttpResponse:
    """Show what the embedded model answered when it was tested, and how long it took."""
    _require(request.user)
    return render_live(
        request,
        _watch_model(),
        "onboarding/_verdict.html",
        "onboarding/_verdict.html",
        lambda: {"model": find_embedded()},
    )


@require_POST
def setup_test(request: HttpRequest) -> HttpResponse:
    """Ask the embedded model one question, once it has loaded."""
    _require(request.user)
    provider = find_embedded()
    back = reverse("setup_model")
    if provider is None:
        return finish(request, back, _("There is no embedded model here. Connect another one."), tone="error")
    if provider.test_ok and "again" not in request.POST:
        return HttpResponse(status=204)
    await_embedded()
    result = test_provider(actor=person(request.user), provider=provider)
    if request.headers.get("HX-Request"):
        return HttpResponse(status=204)
    return finish(request, back, result.message, tone="success" if result.ok else "error")


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def setup_swarm(request: HttpRequest) -> HttpResponse:
    """Make the first swarm; the first run is over then."""
    _require(request.user)
    found = find_setup()
    if found and found.swarm:
        return redirect("setup_done")
    form = FirstSwarmForm(request.POST or None)
    if form.is_bound and form.is_valid() and did(form, make_swarm, request):
        return redirect("setup_done")
    return _show(request, Setup.Step.SWARM, form)


@never_cache
@require_safe
def setup_done(request: HttpRequest) -> HttpResponse:
    """Say what was set up, and lead to the board."""
    _require(request.user)
    found = find_setup()
    if is_going_on(found):
        return redirect("setup")
    return render(request, "onboarding/setup_done.html", {"setup": found, "is_over": False})


@require_POST
def setup_skip(request: HttpRequest) -> HttpResponse:
    """End the first run as it stands; everything can be set on its own page."""
    _require(request.user)
    end_setup(actor=person(request.user), how="skipped")
    return finish(
        request,
        reverse("home"),
        _("Skipped. Each of its steps has a page of its own; /setup/ leads through them again."),
    )


@require_POST
def setup_again(request: HttpRequest) -> HttpResponse:
    """Lead through the first run again, because somebody asked for it."""
    _require(request.user)
    begin_again(actor=person(request.user))
    return redirect("setup")


def _require(user: Any) -> None:
    if not user.is_superuser:
        raise NotAllowed(
            _("Only a superuser sets the site up."), hint=_("Ask who installed it; your own pages are at /account/.")
        )


def _watch_model() -> Watch:
    return watch(reverse("setup_verdict"), "providers")


def _go_on(step: str) -> HttpResponse:
    reach_step(step)
    return redirect(f"setup_{step}")


def _show(request: HttpRequest, step: str, form: Any, more: dict[str, Any] | None = None) -> HttpResponse:
    context = {"form": form, "stages": _stages(step), "step": step} | (more or {})
    return render(request, f"onboarding/setup_{step}.html", context, status=422 if form.is_bound else 200)


def _stages(now: str) -> list[Stage]:
    found = find_setup()
    reached = list(LABELS).index(Setup.Step(found.step)) if found else 0
    states = ["now" if step == now else "done" if i < reached else "open" for i, step in enumerate(LABELS)]
    return [Stage(str(step.value), label, state) for (step, label), state in zip(LABELS.items(), states, strict=True)]
