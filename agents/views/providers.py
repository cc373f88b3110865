"""Pages of providers. They serve the whole site: everybody signed in may look, admins of a workspace may change."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from agents.forms.fields import refuse
from agents.forms.providers import EditProviderForm, ProviderForm
from agents.models import Provider
from agents.permissions import may_change_providers
from agents.selectors.choices import read_choice
from agents.selectors.providers import BY_NAME, VERDICTS, find_provider_row, list_providers
from agents.services.providers import add_provider, change_provider, make_default, test_provider
from audit.actors import Actor, person
from audit.watch import render_live, watch
from victoros.lib.errors import NotAllowed, VictorError
from victoros.lib.http import finish


@require_safe
def provider_list(request: HttpRequest) -> HttpResponse:
    """List the providers with the verdict of their last test."""
    choice = read_choice(request.GET, VERDICTS, {"": BY_NAME})
    live = watch(request.get_full_path(), "providers")

    def build() -> dict[str, Any]:
        page, may_change = list_providers(choice), may_change_providers(request.user)
        return {"choice": choice, "page": page, "verdicts": VERDICTS, "may_change": may_change}

    return render_live(request, live, "agents/provider_list.html", "agents/_providers.html", build)


@require_http_methods(["GET", "HEAD", "POST"])
def provider_new(request: HttpRequest) -> HttpResponse:
    """Add a provider and test it on the list."""
    _require(request.user)
    form = ProviderForm(request.POST if request.method == "POST" else None, user=request.user)
    provider = _add(person(request.user), form) if form.is_bound and form.is_valid() else None
    if provider is not None:
        said = _("%(name)s was added. Test it: one small question shows whether it answers.") % {"name": provider.name}
        return finish(request, reverse("provider_list"), said)
    return render(request, "agents/provider_new.html", {"form": form}, status=422 if form.is_bound else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def provider_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Change a provider."""
    _require(request.user)
    provider = find_provider_row(pk)
    form = EditProviderForm(request.POST if request.method == "POST" else None, provider=provider, user=request.user)
    if form.is_bound and form.is_valid() and _change(person(request.user), provider, form):
        return finish(request, reverse("provider_list"), _("%(name)s was changed.") % {"name": provider.name})
    context = {"form": form, "provider": provider}
    return render(request, "agents/provider_edit.html", context, status=422 if form.is_bound else 200)


@require_POST
def provider_test(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask the provider one small question; the verdict stands on the list afterwards."""
    _require(request.user)
    provider = find_provider_row(pk)
    result = test_provider(actor=person(request.user), provider=provider)
    if result.ok:
        return finish(
            request,
            reverse("provider_list"),
            _("%(name)s answers, in %(latency_ms)s ms.") % {"name": provider.name, "latency_ms": result.latency_ms},
        )
    return finish(request, reverse("provider_list"), f"{provider.name}: {result.message}", tone="error")


@require_POST
def provider_default(request: HttpRequest, pk: int) -> HttpResponse:
    """Make a provider the default."""
    _require(request.user)
    provider = find_provider_row(pk)
    changed = make_default(actor=person(request.user), provider=provider)
    said = (
        _("%(name)s is the default now.") % {"name": provider.name}
        if changed
        else _("%(name)s was the default already.") % {"name": provider.name}
    )
    return finish(request, reverse("provider_list"), said)


def _require(user: Any) -> None:
    if not may_change_providers(user):
        raise NotAllowed(
            _("You may look at the providers but not change or test them."), hint=_("Ask an admin of a workspace.")
        )


def _add(actor: Actor, form: ProviderForm) -> Provider | None:
    try:
        return add_provider(actor=actor, **form.cleaned_data)
    except VictorError as error:
        refuse(form, error)
        return None


def _change(actor: Actor, provider: Provider, form: EditProviderForm) -> bool:
    try:
        change_provider(actor=actor, provider=provider, **form.changes())
    except VictorError as error:
        refuse(form, error)
        return False
    return True
