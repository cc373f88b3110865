"""Coming in and going out: by password, or by a link that works once."""

from typing import Any

from django.contrib.auth import login, update_session_auth_hash
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.forms import AuthenticationForm, SetPasswordForm
from django.contrib.auth.views import LoginView
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from agents.services.first_run import check_link, use_link
from audit import topics
from audit.actors import person
from audit.events import Fact, Kind, record
from victoros.lib.http import finish


class NameAndPassword(AuthenticationForm):
    """The sign-in form, in our words."""

    error_messages = {
        "invalid_login": "No account has this name and password. Letters' case matters in both.",
        "inactive": "This account is switched off. Ask an admin.",
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
            return super().form_valid(form)


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
    return redirect("home")


@require_safe
def account(request: HttpRequest) -> HttpResponse:
    """Show who is signed in and offer a password."""
    return render(request, "registration/account.html", {"form": SetPasswordForm(_signed_in(request))})


@require_http_methods(["POST"])
def set_password(request: HttpRequest) -> HttpResponse:
    """Set the password of who is signed in; other sessions of the account end."""
    user = _signed_in(request)
    form = SetPasswordForm(user, request.POST)
    if not form.is_valid():
        return render(request, "registration/account.html", {"form": form}, status=422)
    form.save()
    update_session_auth_hash(request, user)
    return finish(request, reverse("account"), "Your password is set. You can sign in with it from now on.")


def _signed_in(request: HttpRequest) -> Any:
    return request.user
