"""What every answer carries and what every failure looks like: headers, and error pages with an id."""

import logging
import re
from collections.abc import Callable

from django.db import OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.deprecation import MiddlewareMixin

from victoros.lib.errors import Category, VictorError

log = logging.getLogger(__name__)

Answer = Callable[[HttpRequest], HttpResponse]

POLICY = (
    "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
ADMIN_POLICY = POLICY.replace("script-src 'self'", "script-src 'self' 'unsafe-inline' 'unsafe-eval'").replace(
    "style-src 'self'", "style-src 'self' 'unsafe-inline'"
)
"""The admin theme binds its widgets by inline expressions; only its pages get this looser policy."""


class SecurityHeadersMiddleware:
    """Send a strict content security policy with every answer."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        policy = ADMIN_POLICY if request.path.startswith("/admin/") else POLICY
        response.headers.setdefault("Content-Security-Policy", policy)
        return response


class ErrorPagesMiddleware(MiddlewareMixin):
    """Turn errors made for people into a page (or JSON, or an htmx partial) with the right status."""

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Answer the errors we know how to explain; leave the others to Django."""
        if isinstance(error, OperationalError):
            error = DatabaseAway("The database does not answer.", hint="Nothing was lost. Try again in a few seconds.")
        if not isinstance(error, VictorError):
            return None
        log.info("%s %s: %s %s", request.method, request.path, error.id, error.message)
        return answer_error(request, error)


class DatabaseAway(VictorError):
    """The database cannot be reached or is locked for too long."""

    category = Category.DATABASE
    http_status = 503


def answer_error(request: HttpRequest, error: VictorError) -> HttpResponse:
    """Render `error` in the shape the request asks for."""
    if "application/json" in request.headers.get("Accept", ""):
        response: HttpResponse = JsonResponse({"error": error.as_dict()}, status=error.http_status)
    else:
        template = "_error.html" if request.headers.get("HX-Request") else "error_view.html"
        response = render(request, template, {"error": error, "status": error.http_status}, status=error.http_status)
    if error.http_status == 503:
        response.headers["Retry-After"] = "5"
    return response


def wants_partial(request: HttpRequest) -> bool:
    """Tell whether htmx asks for the section alone rather than for the whole page."""
    return bool(request.headers.get("HX-Request")) and not request.headers.get("HX-Boosted")


def slugify_id(text: str) -> str:
    """Turn a live topic into a string that can be an element's id."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")
