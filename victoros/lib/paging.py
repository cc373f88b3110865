"""Pages of long lists by the place they begin at, forwards and backwards: each costs the same, however far down it is."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Generic, TypeVar

from django.db.models import Model, Q, QuerySet
from django.utils.translation import gettext as _

from victoros.lib.errors import InvalidInput

M = TypeVar("M", bound=Model)
R = TypeVar("R")
Place = tuple[Any, int] | None
"""Value and id at which a page begins; None for the first page."""
LONGEST = 400
LARGEST = 2**63 - 1


@dataclass(frozen=True)
class Order:
    """How a list is sorted: by `field`, rows of the same value by id in the same direction."""

    field: str = "pk"
    """A column or annotation that is never null; an index must begin with it."""
    descending: bool = True
    kind: type[int] | type[str] | type[datetime] = int
    """What the field holds."""
    tie: str = "pk"
    """The id as it is sorted by: as the index of `field` holds it."""

    def reverse(self) -> "Order":
        """Return the same field the other way round."""
        return Order(self.field, not self.descending, self.kind, self.tie)


@dataclass(frozen=True)
class Slice:
    """The ids of one page in order, and the places at which its neighbours begin."""

    ids: list[int]
    before: str
    """What `before` must be for the page above; empty on the first."""
    after: str
    """What `after` must be for the page below; empty on the last."""


@dataclass(frozen=True)
class Page(Generic[M]):
    """The rows of one page in order, and the places at which its neighbours begin, as in `Slice`."""

    rows: list[M]
    before: str
    after: str


def read_page(rows: QuerySet[M], order: Order, *, after: str = "", before: str = "", size: int) -> Page[M]:
    """Return the rows of one page themselves, as `slice_rows` finds their ids: for lists whose rows are short."""

    def read(place: Place, back: bool) -> list[M]:
        return list(_arrange(rows, order, place, back)[: size + 1])

    return Page(*_cut(read, lambda row: (getattr(row, order.field), row.pk), order, after, before, size))


def arrange(rows: QuerySet[M], order: Order) -> QuerySet[M]:
    """Return the rows in this order, from its first."""
    return _arrange(rows, order, None, back=False)


def slice_rows(rows: QuerySet[Any], order: Order, *, after: str = "", before: str = "", size: int) -> Slice:
    """Return one page: what follows the place `after`, or what ends at the place `before`.

    One query. Going back beyond the first page gives the whole first page; that takes a second one.
    """
    found, above, below = _cut(
        lambda place, back: _read(rows, order, place, back, size), lambda row: row, order, after, before, size
    )
    return Slice([pk for _, pk in found], above, below)


def _cut(
    read: Callable[[Place, bool], list[R]],
    place_of: Callable[[R], tuple[Any, int]],
    order: Order,
    after: str,
    before: str,
    size: int,
) -> tuple[list[R], str, str]:
    """Return the rows of a page in order, and the places at which its neighbours begin; `read` gives one row more than fit."""
    back = bool(before) and not after
    place = read_place(before if back else after, order)
    found = read(place, back)
    if back and len(found) <= size:
        back, place = False, None
        found = read(place, back)
    has_more = len(found) > size
    page = found[:size][::-1] if back else found[:size]
    places = [say_place(place_of(row), order) for row in (page[:1] + page[-1:])]
    above, below = (places[0], places[-1]) if places else ("", "")
    return page, above if place is not None else "", below if back or has_more else ""


def read_place(text: str, order: Order) -> Place:
    """Return the value and id a place in the address names; None for no place. Nonsense is refused."""
    if not text:
        return None
    value, tilde, pk = text.rpartition("~")
    is_pk = order.field == "pk"
    try:
        if len(text) > LONGEST or "\x00" in text or bool(tilde) == is_pk or not (pk.isascii() and pk.isdigit()):
            raise ValueError
        if int(pk) > LARGEST:
            raise ValueError
        return (int(pk) if is_pk else _parse(value, order.kind)), int(pk)
    except (ValueError, OverflowError):
        raise InvalidInput(
            _("There is no place %(value)s in this list.") % {"value": repr(text[:40])},
            hint=_("Begin at its first page."),
        ) from None


def say_place(row: tuple[Any, int], order: Order) -> str:
    """Return the place of a row as the address holds it."""
    value, pk = row
    if order.field == "pk":
        return str(pk)
    return f"{value.isoformat() if isinstance(value, datetime) else value}~{pk}"


def _parse(text: str, kind: type) -> Any:
    if kind is datetime:
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is None:
            raise ValueError
        return moment.astimezone(UTC)
    if kind is int:
        if not text.removeprefix("-").isdigit() or not text.isascii() or abs(int(text)) > LARGEST:
            raise ValueError
        return int(text)
    return text


def _read(rows: QuerySet[Any], order: Order, place: Place, back: bool, size: int) -> list[tuple[Any, int]]:
    ordered = _arrange(rows, order, place, back)
    if order.field == "pk":
        return [(pk, pk) for pk in ordered.values_list("pk", flat=True)[: size + 1]]
    return list(ordered.values_list(order.field, order.tie)[: size + 1])


def _arrange(rows: QuerySet[M], order: Order, place: Place, back: bool) -> QuerySet[M]:
    descending = order.descending != back
    sign = "-" if descending else ""
    if order.field == "pk":
        chosen = rows.filter(**{f"pk__{'lt' if descending else 'gt'}": place[1]}) if place else rows
        return chosen.order_by(f"{sign}{order.tie}")
    chosen = rows.filter(_beyond(order, place, descending)) if place else rows
    return chosen.order_by(f"{sign}{order.field}", f"{sign}{order.tie}")


def _beyond(order: Order, place: tuple[Any, int], descending: bool) -> Q:
    """Return what lies beyond a place. The first condition repeats the second for databases that look at indexes only for it."""
    value, pk = place
    word = "lt" if descending else "gt"
    strictly = Q(**{f"{order.field}__{word}": value}) | Q(**{f"{order.tie}__{word}": pk})
    return Q(**{f"{order.field}__{word}e": value}) & strictly
