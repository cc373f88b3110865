"""What a live section shows: its topics with the versions read before its rows, and how views answer for it."""

import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseNotModified
from django.shortcuts import render

from audit.topics import read_versions
from victoros.lib.http import wants_partial

FRAME = "attention"
"""What the frame around every page watches: its version is read along with the page's, in the same query."""
RIGHTS = "rights"
"""Every section watches it: it moves when anybody's rights or account change, and what they may not see must go."""
_STARTED = str(time.time_ns())
_STALE_S = 5
"""Facts that age by themselves (alive, late) are rendered anew at least this often."""


@dataclass(frozen=True)
class Watch:
    """Topics and versions of one section, and the address that renders that section alone."""

    url: str
    versions: dict[str, int]
    refresh_s: int = 0
    """The page asks again this often without any hint; 0: never. For sections whose facts age by themselves."""
    beside: dict[str, int] = field(default_factory=dict)
    """Versions read along for other sections of the same page; this one does not watch them."""

    def narrow(self, url: str, *topics: str, refresh_s: int = 0) -> "Watch":
        """Return the watch of another section of the same page, from versions already read."""
        known = self.beside | self.versions
        return Watch(url, {topic: known[topic] for topic in (*topics, RIGHTS)}, refresh_s)

    @property
    def topics(self) -> str:
        """The topics, separated by spaces, as `data-live` holds them."""
        return " ".join(self.versions)

    @property
    def numbers(self) -> str:
        """The versions in the order of `topics`, as `data-version` holds them."""
        return " ".join(str(version) for version in self.versions.values())


def watch(url: str, *topics: str, refresh_s: int = 0) -> Watch:
    """Read the topics' versions. Call it BEFORE reading the rows: a race then shows as one more fetch, never as staleness."""
    wanted = [*topics, RIGHTS]
    versions = read_versions(list(dict.fromkeys([*wanted, FRAME])))
    return Watch(url, {topic: versions[topic] for topic in wanted}, refresh_s, versions)


def render_live(
    request: HttpRequest, live: Watch, page: str, partial: str, build: Callable[[], dict[str, Any]]
) -> HttpResponse:
    """Answer with the whole page, or for htmx with the partial alone (304 when nothing moved). `build` reads the rows."""
    if not wants_partial(request):
        return render(request, page, build() | {"live": live})
    etag = _etag(request, live)
    response: HttpResponse
    if request.headers.get("If-None-Match") == etag:
        response = HttpResponseNotModified()
    else:
        response = render(request, partial, build() | {"live": live})
    response.headers["ETag"] = etag
    return response


def _etag(request: HttpRequest, live: Watch) -> str:
    facts = (
        _STARTED,
        request.user.pk,
        request.get_full_path(),
        live.topics,
        live.numbers,
        int(time.time()) // _STALE_S,
    )
    return f'"{hashlib.sha256(repr(facts).encode()).hexdigest()[:20]}"'
