"""Reading the record and the queue of what waits for a person, cut to what the reader may see."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Q, QuerySet

from audit.models import AttentionItem, Entry
from victoros.lib.access import scope_of
from victoros.lib.paging import Order, read_page

PAGE = 50
COUNTED = 1000
"""Beyond this many rows a list says `1,000+` instead of counting on."""


def list_open_items(user: Any, action: str = "view") -> QuerySet[AttentionItem]:
    """Return what waits for a person, the most pressing first, then the oldest: what `user` may look at, or `operate`."""
    scope = scope_of(user, action)
    return AttentionItem.objects.filter(scope.as_filter(), status="open").order_by("-severity", "id")


def count_open_items(user: Any) -> int:
    """Count what waits for `user` to answer, up to `COUNTED`; what others answer does not call for them."""
    return list_open_items(user, "operate")[:COUNTED].count()


def choose_open_count(user: Any) -> "QuerySet[Any, Any]":
    """Return the question of `count_open_items`, for who asks it together with others."""
    return list_open_items(user, "operate").order_by().values_list("status").annotate(Count("pk"))


def as_open_count(rows: Iterable[tuple[str, int]]) -> int:
    """Return what `choose_open_count` found."""
    return min(sum(n for _, n in rows), COUNTED)


@dataclass(frozen=True)
class EntryFilter:
    """What the audit page was asked for; empty strings ask for everything."""

    kind: str = ""
    actor: str = ""
    object_kind: str = ""
    object_ref: int | None = None
    swarm: int | None = None
    text: str = ""
    after: int | None = None
    """Entries older than this id: the next page."""
    before: int | None = None
    """The page that ends above this id."""


@dataclass(frozen=True)
class EntryPage:
    """One page of entries, newest first."""

    entries: list[Entry]
    total: int
    is_more: bool
    """Whether there are more than `COUNTED` of them in all."""
    next_after: str
    previous: str = ""


def list_entries(user: Any, wanted: EntryFilter) -> EntryPage:
    """Return a page of the record. Two queries; the count stops at `COUNTED`."""
    rows = choose_entries(user, wanted)
    total = rows.order_by()[: COUNTED + 1].count()
    after, before = str(wanted.after or ""), str(wanted.before or "")
    page = read_page(rows, Order(), after=after, before=before, size=PAGE)
    return EntryPage(page.rows, min(total, COUNTED), total > COUNTED, page.after, page.before)


def choose_recent_entries(user: Any, limit: int) -> QuerySet[Entry]:
    """Return the newest entries the reader may see."""
    return Entry.objects.filter(scope_of(user).as_filter()).order_by("-id")[:limit]


def choose_entries(user: Any, wanted: EntryFilter) -> QuerySet[Entry]:
    """Return every entry that is wanted and that the reader may see, whatever its page."""
    return _filtered(Entry.objects.filter(scope_of(user).as_filter()), wanted)


def _filtered(rows: QuerySet[Entry], wanted: EntryFilter) -> QuerySet[Entry]:
    if wanted.kind:
        rows = rows.filter(kind__startswith=wanted.kind) if wanted.kind.endswith(".") else rows.filter(kind=wanted.kind)
    if wanted.actor:
        rows = rows.filter(actor_name__iexact=wanted.actor)
    if wanted.object_kind:
        rows = rows.filter(object_kind=wanted.object_kind)
    if wanted.object_ref is not None:
        rows = rows.filter(object_ref=wanted.object_ref)
    if wanted.swarm is not None:
        rows = rows.filter(swarm_ref=wanted.swarm)
    if wanted.text:
        rows = rows.filter(Q(object_name__icontains=wanted.text) | Q(actor_name__icontains=wanted.text))
    return rows
