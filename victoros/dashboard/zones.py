"""The time zone in which somebody reads the pages: their workspace's, kept in the session so that no page asks for it."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from agents.models import Workspace
from agents.permissions import VIEW, scope_of_user

KEY = "time_zone"


class TimeZoneMiddleware:
    """Tell times in the zone that was remembered when the reader signed in; in the site's where none was."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        zone = request.session.get(KEY)
        if not zone:
            return self.get_response(request)
        with timezone.override(zone):
            return self.get_response(request)


def remember_zone(request: HttpRequest, user: Any) -> None:
    """Keep the zone of the oldest workspace `user` may look at, or of the oldest. Two queries at most."""
    scope = scope_of_user(user, VIEW)
    rows = Workspace.objects.filter(archived_at=None, sample__isnull=True)
    if scope.workspace_ids:
        rows = rows.filter(pk__in=scope.workspace_ids)
    zone = rows.order_by("pk").values_list("time_zone", flat=True).first()
    if zone:
        request.session[KEY] = zone
    else:
        request.session.pop(KEY, None)
