"""The page of the record."""

from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from audit.events import Kind
from audit.exports import ENTRY_COLUMNS, make_export
from audit.selectors import EntryFilter, choose_entries, list_entries
from audit.watch import render_live, watch
from victoros.lib.errors import InvalidInput
from victoros.lib.exporting import read_format

REFRESH_S = 10
"""Entries have no topic of their own that every writer raises: the newest page asks again by itself."""


@require_safe
def audit_list(request: HttpRequest) -> HttpResponseBase:
    """Show who did what, newest first; the filters are in the address."""
    wanted = read_filter(request.GET)
    file = read_format(request)
    if file:
        return make_export(request, "audit", choose_entries(request.user, wanted), ENTRY_COLUMNS, file)
    live = watch(
        request.get_full_path(),
        "audit",
        "swarms",
        "attention",
        refresh_s=0 if wanted.after or wanted.before else REFRESH_S,
    )
    return render_live(request, live, "audit/audit_list.html", "audit/_entries.html", lambda: _context(request, wanted))


def read_filter(asked: Any) -> EntryFilter:
    """Read the filter from the address; nonsense is refused by name."""
    return EntryFilter(
        kind=asked.get("kind", "")[:60],
        actor=asked.get("actor", "")[:150],
        object_kind=asked.get("object", "")[:20],
        object_ref=_number(asked, "id"),
        swarm=_number(asked, "swarm"),
        text=asked.get("q", "").strip()[:100],
        after=_number(asked, "after"),
        before=_number(asked, "before"),
    )


def _context(request: HttpRequest, wanted: EntryFilter) -> dict[str, Any]:
    return {"page": list_entries(request.user, wanted), "wanted": wanted, "families": kind_families()}


def kind_families() -> dict[str, list[str]]:
    """Return the kinds by what they are about: `task` -> `task.created`, ..."""
    families: dict[str, list[str]] = {}
    for kind in Kind.values:
        families.setdefault(kind.partition(".")[0], []).append(kind)
    return families


def _number(asked: Any, name: str) -> int | None:
    text = asked.get(name, "").strip()
    if not text:
        return None
    if not text.isdecimal() or len(text) > 18:
        raise InvalidInput(
            _("%(name)s must be a whole number, not %(value)s.") % {"name": name, "value": repr(text[:40])},
            hint=_("Choose from the page again."),
        )
    return int(text)
