"""What every answer carries and what every failure looks like: headers, and error pages with an id."""

import json
import logging
import re
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.messages.constants import DEFAULT_LEVELS
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render, resolve_url
from django.utils.cache import patch_vary_headers
from django.utils.deprecation import MiddlewareMixin
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _

from victoros.lib import database
from victoros.lib.errors import NotFound, VictorError

log = logging.getLogger(__name__)

Answer = Callable[[HttpRequest], HttpResponse]
HEALTH = "/healthz"
RETRY_AFTER_S = 5

POLICY = (
    "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
ADMIN_POLICY = POLICY.replace("script-src 'self'", "script-src 'self' 'unsafe-inline' 'unsafe-eval'").replace(
    "style-src 'self'", "style-src 'self' 'unsafe-inline'"
)
"""The admin theme binds its widgets by inline expressions; only its pages get this looser policy."""


class SecurityHeadersMiddleware:
    """Send a strict content security policy with every answer; keep private pages out of shared caches."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        policy = ADMIN_POLICY if request.path.startswith("/admin/") else POLICY
        response.headers.setdefault("Content-Security-Policy", policy)
        if response.headers.get("Content-Type", "").startswith("text/html"):
            response.headers.setdefault("Cache-Control", "private, no-cache")
            patch_vary_headers(response, ["HX-Request"])
        return _leave_page() if _is_sent_to_sign_in(request, response) else response


def _is_sent_to_sign_in(request: HttpRequest, response: HttpResponse) -> bool:
    signed_out = response.status_code == 302 and response.headers["Location"].startswith(
        resolve_url(settings.LOGIN_URL)
    )
    return signed_out and bool(request.headers.get("HX-Request"))


def _leave_page() -> HttpResponse:
    """Without this htmx would follow the redirect and put the sign-in page into a section."""
    return HttpResponse(status=204, headers={"HX-Refresh": "true"})


class ErrorPagesMiddleware(MiddlewareMixin):
    """Turn errors made for people into a page (or JSON, or an htmx partial) with the right status."""

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Answer the errors we know how to explain; leave the others to Django."""
        error = database.explain(error, sent=wants_change(request)) or error
        if isinstance(error, Http404):
            error = NotFound(
                _("There is nothing here, or you may not see it."), hint=_("Check the address, or ask for access.")
            )
        if not isinstance(error, VictorError):
            return None
        log.info("%s %s: %s %s", request.method, request.path, error.id, error.message)
        return answer_error(request, error)


class DatabaseOutageMiddleware:
    """Answer at once that the database is away, as long as that is known: waiting for it would pile requests up."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not database.outage.is_on:
            return self.get_response(request)
        away = database.away(sent=wants_change(request))
        return refuse_health(away) if request.path == HEALTH else answer_error(request, away)


def answer_error(request: HttpRequest, error: VictorError) -> HttpResponse:
    """Render `error` in the shape the request asks for."""
    if "application/json" in request.headers.get("Accept", ""):
        response: HttpResponse = JsonResponse({"error": error.as_dict()}, status=error.http_status)
    else:
        template = "_error.html" if request.headers.get("HX-Request") else "error_view.html"
        response = render(request, template, {"error": error, "status": error.http_status}, status=error.http_status)
    if error.http_status == 503:
        response.headers["Retry-After"] = str(RETRY_AFTER_S)
    return response


def refuse_health(error: VictorError) -> HttpResponse:
    """Answer in one plain line that the pages cannot be served, and why."""
    again = {"Retry-After": str(RETRY_AFTER_S)}
    return HttpResponse(f"{error.message}\n", status=503, content_type="text/plain", headers=again)


def wants_change(request: HttpRequest) -> bool:
    """Tell whether the request is to change something."""
    return request.method not in ("GET", "HEAD", "OPTIONS")


def wants_partial(request: HttpRequest) -> bool:
    """Tell whether htmx asks for the section alone rather than for the whole page."""
    return bool(request.headers.get("HX-Request")) and not request.headers.get("HX-Boosted")


def next_of(request: HttpRequest, default: str) -> str:
    """Return where the form wants to go on (`next`), when that is a path of this site; else `default`."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    is_safe = url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure())
    return wanted if is_safe else default


@dataclass(frozen=True)
class Undo:
    """The POST that takes back what was just done."""

    url: str
    values: dict[str, str]


def finish(
    request: HttpRequest, url: str, message: str, *, tone: str = "success", undo: Undo | None = None
) -> HttpResponse:
    """Answer a form that worked: for htmx 204 with a toast (live sections bring the change), else message and redirect.

    The toast offers `undo`; a page without script shows the same act where it stands.
    """
    if request.headers.get("HX-Request"):
        back = {"undo": {**asdict(undo), "word": _("Undo")}} if undo else {}
        said = json.dumps({"done": {"text": str(message), "tone": tone, **back}})
        return HttpResponse(status=204, headers={"HX-Trigger": said})
    messages.add_message(request, DEFAULT_LEVELS[tone.upper()], message)
    return redirect(next_of(request, url))


def confirm(request: HttpRequest, asked: dict[str, Any]) -> HttpResponse:
    """Ask before acting: the form alone for the page's dialog, else a page. `asked` is described in the design language."""
    template = "components/_confirm.html" if wants_partial(request) else "confirm_view.html"
    return render(request, template, {"next": next_of(request, "")} | asked)


def slugify_id(text: str) -> str:
    """Turn a live topic into a string that can be an element's id."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")
