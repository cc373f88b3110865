"""By what lists of tasks are sorted. Each order has an index (`tasks.models.task`), so that no list sorts what it does not show."""

from datetime import datetime

from victoros.lib.paging import Order

NEWEST = Order()
ORDERS: dict[str, Order] = {
    "age": Order(descending=False),
    "priority": Order("priority"),
    "updated": Order("status_since", kind=datetime),
    "title": Order("title_sorted", descending=False, kind=str),
    "cost": Order("spent__cost_nanos", tie="spent__task_id"),
}
"""What each name means without a sign: the oldest, the most urgent, the last changed, A, the dearest first."""
SORTS = tuple(sign + name for name in ORDERS for sign in ("", "-"))


def order_of(sort: str) -> Order:
    """Return the order a name of `SORTS` stands for; the newest first for an empty one."""
    if not sort:
        return NEWEST
    order = ORDERS[sort.removeprefix("-")]
    return order.reverse() if sort.startswith("-") else order
