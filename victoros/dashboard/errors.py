"""The pages for what no view answered: wrong addresses, broken forms, our own mistakes. Each has an id to quote."""

import logging
import sys

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from victoros.lib import database
from victoros.lib.errors import InvalidInput, NotAllowed, NotFound, VictorError
from victoros.lib.http import answer_error, wants_change

log = logging.getLogger(__name__)


def show_bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer 400."""
    return answer_error(
        request, InvalidInput(_("That request cannot be read."), hint=_("Go back, reload the page and try again."))
    )


def show_forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer 403."""
    return answer_error(request, NotAllowed(_("You may not do this."), hint=_("Ask an admin for the right to.")))


def show_stale_form(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Answer 403 to a form whose token does not fit; named by `CSRF_FAILURE_VIEW`."""
    hint = _("The page was open too long, or cookies are switched off. Go back, reload the page and send it again.")
    error = NotAllowed(_("This form is no longer good."), hint=hint)
    log.info("%s %s: %s %s", request.method, request.path, error.id, reason)
    return answer_error(request, error)


def show_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer 404."""
    return answer_error(
        request, NotFound(_("There is no such page."), hint=_("Check the address, or start from the board."))
    )


def show_failure(request: HttpRequest) -> HttpResponse:
    """Answer 500 with the id under which the log has the details; 503 when it was the database that failed.

    Errors outside of views come here too: the session and the person are read before any view is called.
    """
    away = database.explain(sys.exc_info()[1] or Exception(), sent=wants_change(request))
    if away is not None:
        return answer_error(request, away)
    error = VictorError(
        _("Victor.os made a mistake."), hint=_("It is in the log under this id. Try again; if it stays, report the id.")
    )
    log.error("%s %s failed: %s", request.method, request.path, error.id)
    return answer_error(request, error)
