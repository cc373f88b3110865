"""The pages for what no view answered: wrong addresses, broken forms, our own mistakes. Each has an id to quote."""

import logging

from django.http import HttpRequest, HttpResponse

from victoros.lib.errors import InvalidInput, NotAllowed, NotFound, VictorError
from victoros.lib.http import answer_error

log = logging.getLogger(__name__)


def show_bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer 400."""
    return answer_error(
        request, InvalidInput("That request cannot be read.", hint="Go back, reload the page and try again.")
    )


def show_forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer 403."""
    return answer_error(request, NotAllowed("You may not do this.", hint="Ask an admin for the right to."))


def show_stale_form(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Answer 403 to a form whose token does not fit; named by `CSRF_FAILURE_VIEW`."""
    hint = "The page was open too long, or cookies are switched off. Go back, reload the page and send it again."
    error = NotAllowed("This form is no longer good.", hint=hint)
    log.info("%s %s: %s %s", request.method, request.path, error.id, reason)
    return answer_error(request, error)


def show_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer 404."""
    return answer_error(request, NotFound("There is no such page.", hint="Check the address, or start from the board."))


def show_failure(request: HttpRequest) -> HttpResponse:
    """Answer 500 with the id under which the log has the details."""
    error = VictorError(
        "Victor.os made a mistake.", hint="It is in the log under this id. Try again; if it stays, report the id."
    )
    log.error("%s %s failed: %s", request.method, request.path, error.id)
    return answer_error(request, error)
