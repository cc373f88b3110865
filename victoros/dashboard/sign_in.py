"""Coming in and going out: by password, or by a link that works once."""

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth import login, update_session_auth_hash
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.forms import AuthenticationForm, SetPasswordForm
from django.contrib.auth.views import LoginView
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from agents.selectors.swarms import list_workspaces
from agents.services.first_run import check_link, use_link
from agents.services.setup import find_setup, is_going_on
from audit import topics
from audit.actors import person
from audit.events import Fact, Kind, record
from victoros.dashboard.zones import remember_zone
from victoros.lib.errors import InvalidInput
from victoros.lib.http import finish, next_of

MOST_WORKSPACES = 50
LOOKS = ("system", "light", "dark")
DENSITIES = ("comfortable", "compact")
DENSITY_COOKIE = "victor_density"
LOOK_COOKIE = "victor_look"
"""Read by the frame of every page, written here and by static/js/palette.js."""


class NameAndPassword(AuthenticationForm):
    """The sign-in form, in our words."""

    error_messages = {
        "invalid_login": gettext_lazy("No account has this name and password. Letters' case matters in both."),
        "inactive": gettext_lazy("This account is switched off. Ask an admin."),
    }


@method_decorator(login_not_required, name="dispatch")
class SignIn(LoginView):
    """Sign in by name and password."""

    template_name = "registration/sign_in.html"
    authentication_form = NameAndPassword
    redirect_authenticated_user = True

    def form_valid(self, form: AuthenticationForm) -> HttpResponse:
        """Leave an entry together with the session."""
        with transaction.atomic():
            user = form.get_user()
            record(
                Fact(
                    Kind.PERSON_SIGNED_IN,
                    person(user),
                    "person",
                    user.pk,
                    user.get_username(),
                    detail={"by": "password"},
                )
            )
            topics.bump(["audit"])
            answer = super().form_valid(form)
        remember_zone(self.request, user)
        return answer


@never_cache
@login_not_required
@require_http_methods(["GET", "POST"])
def welcome(request: HttpRequest, token: str) -> HttpResponse:
    """Sign in by a link that works once. The page sends itself on; programs that only look at the link do not use it up."""
    if request.method == "GET":
        check_link(token)
        return render(request, "registration/welcome.html", {"token": token})
    user = use_link(token)
    login(request, user, backend="django.contrib.auth.backends.ModelBackend")
    remember_zone(request, user)
    return redirect("setup" if user.is_superuser and is_going_on(find_setup()) else "home")


@require_safe
def account(request: HttpRequest) -> HttpResponse:
    """Show who is signed in and offer a password."""
    return _show_account(request, SetPasswordForm(_signed_in(request)))


@require_http_methods(["POST"])
def set_password(request: HttpRequest) -> HttpResponse:
    """Set the password of who is signed in; other sessions of the account end."""
    user = _signed_in(request)
    form = SetPasswordForm(user, request.POST)
    if not form.is_valid():
        return _show_account(request, form, status=422)
    form.save()
    update_session_auth_hash(request, user)
    return finish(request, reverse("account"), _("Your password is set. You can sign in with it from now on."))


def _show_account(request: HttpRequest, form: Any, status: int = 200) -> HttpResponse:
    """Show the page; who administers the whole site finds workspaces under its settings."""
    mine = [] if request.user.is_superuser else list(list_workspaces(request.user)[:MOST_WORKSPACES])
    context = {"form": form, "looks": LOOKS, "workspaces": mine}
    return render(request, "registration/account.html", context, status=status)


@require_http_methods(["POST"])
def set_look(request: HttpRequest) -> HttpResponse:
    """Remember in this browser whether pages are light, dark, or as the system is."""
    look = request.POST.get("look", "")
    if look not in LOOKS:
        raise InvalidInput(
            _("There is no look %(value)s.") % {"value": repr(look[:40])},
            hint=_("Choose one of: %(looks)s.") % {"looks": ", ".join(LOOKS)},
        )
    return keep_look(request, redirect(next_of(request, reverse("account"))), look)


@require_http_methods(["POST"])
def set_language(request: HttpRequest) -> HttpResponse:
    """Remember in this browser which language pages speak."""
    language = request.POST.get("language", "")
    known = dict(settings.LANGUAGES)
    if language not in known:
        raise InvalidInput(
            _("There is no language %(value)s.") % {"value": repr(language[:40])},
            hint=_("Choose one of: %(languages)s.") % {"languages": ", ".join(known)},
        )
    answer = redirect("account")
    answer.set_cookie(
        settings.LANGUAGE_COOKIE_NAME, language, max_age=timedelta(days=365), samesite="Lax", secure=request.is_secure()
    )
    return answer


@require_http_methods(["POST"])
def set_density(request: HttpRequest) -> HttpResponse:
    """Remember in this browser how close the rows of lists stand at a desk."""
    density = request.POST.get("density", "")
    if density not in DENSITIES:
        raise InvalidInput(
            _("There is no density %(value)s.") % {"value": repr(density[:40])},
            hint=_("Choose one of: %(densities)s.") % {"densities": ", ".join(DENSITIES)},
        )
    answer = redirect(next_of(request, reverse("task_list")))
    return _keep(request, answer, DENSITY_COOKIE, "" if density == DENSITIES[0] else density)


def keep_look(request: HttpRequest, answer: HttpResponse, look: str) -> HttpResponse:
    """Send the look along with an answer."""
    return _keep(request, answer, LOOK_COOKIE, "" if look == "system" else look)


def _keep(request: HttpRequest, answer: HttpResponse, cookie: str, value: str) -> HttpResponse:
    if value:
        answer.set_cookie(cookie, value, max_age=timedelta(days=365), samesite="Lax", secure=request.is_secure())
    else:
        answer.delete_cookie(cookie)
    return answer


def _signed_in(request: HttpRequest) -> Any:
    return request.user
