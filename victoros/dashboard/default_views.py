"""A list that is opened without filters opens with the view its reader chose."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.deprecation import MiddlewareMixin

from agents.services.views import LISTS, find_default
from agents.views.saved import read_views, view_url


class DefaultViewMiddleware(MiddlewareMixin):
    """One query for each bare list address, whose answer the list itself uses; `?all=1` is how to see everything."""

    def process_view(
        self, request: HttpRequest, view: Callable[..., HttpResponse], args: Any, kwargs: Any
    ) -> HttpResponse | None:
        """Send the reader on if they have chosen how this list opens."""
        match = request.resolver_match
        is_bare = request.method == "GET" and not request.GET and not request.headers.get("HX-Request")
        if match is None or match.url_name not in LISTS or not is_bare or not request.user.is_authenticated:
            return None
        default = find_default(request.user, read_views(request, match.url_name))
        return redirect(view_url(default)) if default else None
