"""Requests that scripts and service workers send: JSON, from this very site."""

import json
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import gettext as _

from victoros.lib.errors import InvalidInput, NotAllowed

LONGEST = 20_000


def read_json(request: HttpRequest) -> dict[str, Any]:
    """Return the JSON object in the body; raises `InvalidInput` for anything else."""
    if request.content_type != "application/json" or len(request.body) > LONGEST:
        raise InvalidInput(_("This must be a short JSON document."), hint=_("Use the page's buttons."))
    try:
        said = json.loads(request.body)
    except ValueError:
        said = None
    if not isinstance(said, dict):
        raise InvalidInput(_("This is no JSON object."), hint=_("Use the page's buttons."))
    return said


def require_own_script(request: HttpRequest) -> None:
    """Refuse what another site's page made the browser send. For addresses without a CSRF token, which must ask for a secret, too.

    A JSON body alone needs a preflight that is never answered; browsers name the origin of every POST besides.
    """
    site = request.headers.get("Sec-Fetch-Site", "same-origin")
    origin = request.headers.get("Origin", "")
    is_ours = not origin or urlsplit(origin).netloc == request.get_host() or origin in settings.CSRF_TRUSTED_ORIGINS
    if site != "same-origin" or not is_ours:
        raise NotAllowed(_("This may be sent by pages of this site only."), hint=_("Open the site and decide there."))
