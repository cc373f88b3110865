"""What pages ask beside their sections: the versions without a socket, and the tally in the side bar."""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from audit.selectors import count_open_items
from audit.topics import read_versions
from audit.watch import watch
from victoros.consumers import MAX_TOPICS
from victoros.lib.errors import InvalidInput


@require_safe
def versions(request: HttpRequest) -> HttpResponse:
    """Return `{"topics": {name: version}}` for the topics named in `?topic=`."""
    names = request.GET.getlist("topic")
    if len(names) > MAX_TOPICS or any(len(name) > 80 for name in names):
        raise InvalidInput(
            _("A page may watch %(max_topics)s topics of 80 characters.") % {"max_topics": MAX_TOPICS},
            hint=_("Ask for fewer."),
        )
    response = JsonResponse({"topics": read_versions(names)})
    response.headers["Cache-Control"] = "no-store"
    return response


@require_safe
def tally(request: HttpRequest) -> HttpResponse:
    """Return how many items wait for the reader."""
    live = watch(request.path, "attention")
    return render(request, "_tally.html", {"live": live, "count": count_open_items(request.user)})
