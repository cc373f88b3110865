"""The site's own styles and scripts, each joined into one file at start: two requests, cached for ever by their hash."""

import gzip
import hashlib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.contrib.staticfiles import finders
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

PARTS: dict[str, tuple[str, ...]] = {
    "victor.css": (
        "css/tokens.css",
        "css/base.css",
        "css/layout.css",
        "css/controls.css",
        "css/components.css",
        "css/live.css",
        "css/timeline.css",
        "css/charts.css",
        "css/pieces.css",
        "css/work.css",
        "css/onboarding.css",
        "css/phone.css",
        "css/acts.css",
        "css/utilities.css",
    ),
    "victor.js": (
        "django_htmx/htmx-2.min.js",
        "js/morph.js",
        "js/ages.js",
        "js/sections.js",
        "js/live.js",
        "js/dialogs.js",
        "js/keys.js",
        "js/run.js",
        "js/picks.js",
        "js/palette.js",
        "js/install.js",
        "js/onboarding.js",
        "js/push.js",
        "js/lessons.js",
    ),
}
TYPES = {"victor.css": "text/css; charset=utf-8", "victor.js": "text/javascript; charset=utf-8"}


@dataclass(frozen=True)
class Bundle:
    """A joined file, as it is and compressed, under the hash of what it holds."""

    digest: str
    plain: bytes
    packed: bytes


@require_safe
@login_not_required
def serve_asset(request: HttpRequest, digest: str, name: str) -> HttpResponse:
    """Serve a joined file; under an old hash too, but then it is not cached."""
    if name not in PARTS:
        raise Http404
    bundle = load_bundle(name)
    packed = "gzip" in request.headers.get("Accept-Encoding", "")
    response = HttpResponse(bundle.packed if packed else bundle.plain, content_type=TYPES[name])
    if packed:
        response.headers["Content-Encoding"] = "gzip"
    fresh = digest == bundle.digest
    response.headers["Cache-Control"] = "public, max-age=31536000, immutable" if fresh else "no-cache"
    response.headers["Vary"] = "Accept-Encoding"
    return response


def asset_url(name: str) -> str:
    """Return the address of a joined file, its hash in it."""
    return reverse("asset", args=[load_bundle(name).digest, name])


def load_bundle(name: str) -> Bundle:
    """Return the joined file; read anew on every call while `DEBUG` is on."""
    return _join(name) if settings.DEBUG else _join_once(name)


def read_static(part: str) -> str:
    """Return the text of one static file."""
    return Path(_find(part)).read_text()


def _join(name: str) -> Bundle:
    texts = [read_static(part) for part in PARTS[name]]
    plain = "\n".join(texts).replace("../icons/", f"{settings.STATIC_URL}icons/").encode()
    return Bundle(hashlib.sha256(plain).hexdigest()[:12], plain, gzip.compress(plain, mtime=0))


def _find(part: str) -> str:
    found = finders.find(part)
    if not isinstance(found, str):
        raise FileNotFoundError(_("static file %(part)s is missing; reinstall the packages") % {"part": part})
    return found


_join_once = lru_cache(maxsize=4)(_join)
