"""What somebody wants to see of a list, as it stands in the address; refuses what is no choice."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from django.utils.translation import gettext as _

from victoros.lib.errors import InvalidInput
from victoros.lib.paging import Order, read_place

PAGE = 50


@dataclass(frozen=True)
class Choice:
    """Filters of a list; the empty one means all that the asker may see."""

    swarm: int | None = None
    agent: int | None = None
    state: str = ""
    search: str = ""
    sort: str = ""
    """By what it is sorted, with `-` before it the other way round; empty: the newest first."""
    after: str = ""
    """Place of the last row of the page above; see `victoros.lib.paging`."""
    before: str = ""
    """Place of the first row of the page below."""

    @property
    def is_narrow(self) -> bool:
        """Tell whether it leaves anything out."""
        return bool(self.swarm or self.agent or self.state or self.search)


def read_choice(
    query: Mapping[str, str], states: Collection[str] = (), orders: Mapping[str, Order] | None = None
) -> Choice:
    """Build the choice from an address' query; `states` are the words `state` may be, `orders` what it may be sorted by.

    The order under the empty name is that of a list nobody sorted.
    """
    state = query.get("state", "")
    if state and state not in states:
        raise InvalidInput(
            _("%(value)s is no state here.") % {"value": repr(state[:40])},
            hint=_("States are: %(states)s.") % {"states": ", ".join(states)},
        )
    sort = (query.get("sort") or "").strip()
    order = order_of(sort, orders)
    return Choice(
        swarm=read_number(query, "swarm"),
        agent=read_number(query, "agent"),
        state=state,
        search=query.get("q", "").replace("\x00", "").strip()[:100],
        sort=sort,
        after=_read_place(query, "after", order),
        before=_read_place(query, "before", order),
    )


def order_of(sort: str, orders: Mapping[str, Order] | None = None) -> Order:
    """Return the order a name stands for, `-` turning it round; the newest first where no other is under the empty name.

    Unknown names are refused.
    """
    known = orders or {}
    if not sort:
        return known.get("", Order())
    order = known.get(sort.removeprefix("-"))
    if order is None or sort == "-":
        raise InvalidInput(
            _("This list is not sorted by %(value)s.") % {"value": repr(sort[:40])},
            hint=_("Known are %(known)s.") % {"known": ", ".join(filter(None, known)) or _("none")},
        )
    return order.reverse() if sort.startswith("-") else order


def _read_place(query: Mapping[str, str], name: str, order: Order) -> str:
    text = (query.get(name) or "").strip()
    read_place(text, order)
    return text


def read_number(query: Mapping[str, str], name: str) -> int | None:
    """Return the id an address gives for `name`; None when it gives none."""
    text = (query.get(name) or "").strip()
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 16):
        raise InvalidInput(
            _("%(name)s must be a number, not %(value)s.") % {"name": name, "value": repr(text[:40])},
            hint=_("Choose from the list again."),
        )
    return int(text)
