"""Handing out what the limits of providers allow, over all cells: places for calls at once, and turns in the window.

The rows are the truth and the database's clock counts. Nothing here waits; see `tasks.engine.turns` for the cell's side.
"""

import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction

from agents.models import Provider
from tasks.engine.commit import renew_lease
from tasks.engine.window import Window
from tasks.models import Grant, Quota
from victoros.lib.clock import database_now
from victoros.lib.statements import as_time, fetch
from victoros.lib.statements import now as sql_now

_HELD = "SELECT provider_id, held_until, {now} FROM tasks_quota WHERE held_until > {now}"
ROTATION_S = 2.0
"""How often a place that cannot be divided passes on to the next cell."""


@dataclass(frozen=True)
class Wish:
    """What one cell would like of one provider."""

    provider_id: int
    busy: int
    """Calls under way."""
    wanted: int
    """Places it could fill, the busy ones included."""
    waiting: int
    """Questions in its queue."""
    estimates: tuple[int, ...] = ()
    """Tokens of the first of them, in their order."""
    corrections: dict[int, list[int]] = field(default_factory=dict)
    """By slot: requests and tokens to add to what was reckoned with when the turn was given; mostly negative."""
    call_s: float = 0.0
    """How long a call takes on average; 0 when none has ended yet."""


@dataclass(frozen=True)
class Granted:
    """What it gets."""

    places: int
    admitted: int
    """So many of the first questions may go, if there is a place for each."""
    slot: int
    """The slot their use is counted in."""
    wait_s: float
    """Until when nothing more can be given, as far as the window tells; 0 when only a place is missing."""
    leave: int
    """So many of the last questions wait too long: they become rows."""
    wake_at: datetime
    """When the first of those goes on; each further one `pace_s` later."""
    pace_s: float
    read_at: float
    """When this was so, by this process's clock that only goes forward."""
    is_windowed: bool
    """Whether turns are counted; else a free place is enough."""
    why: str


@transaction.atomic
def settle(cell_id: int, wishes: Iterable[Wish]) -> dict[int, Granted]:
    """Give this cell what the limits allow of what it wishes, and take back what it does not use.

    Raises `CellDeclaredDead` when the cell's lease is gone: what it held belongs to others then.
    """
    renew_lease(cell_id)
    return {wish.provider_id: _settle(cell_id, wish) for wish in sorted(wishes, key=lambda wish: wish.provider_id)}


@transaction.atomic
def hold_provider(provider_id: int, seconds: float) -> datetime:
    """Keep all cells from asking a provider for so long, as it wished; returns until when. A longer hold stays."""
    quota = _lock(provider_id)
    until = database_now() + timedelta(seconds=seconds)
    if quota.held_until is None or quota.held_until < until:
        quota.held_until = until
        quota.save(update_fields=["held_until"])
    return quota.held_until


def read_holds() -> list[tuple[int, float, datetime]]:
    """Return provider, seconds left and end of every hold that is not over. One look at a tiny table when there is none."""
    rows = [(pk, as_time(until), as_time(at)) for pk, until, at in fetch(_HELD.format(now=sql_now()))]
    return [(pk, (until - at).total_seconds(), until) for pk, until, at in rows if until and at]


def _lock(provider_id: int) -> Quota:
    Quota.objects.get_or_create(provider_id=provider_id)
    return Quota.objects.select_for_update(of=("self",)).get(provider_id=provider_id)


def _settle(cell_id: int, wish: Wish) -> Granted:
    provider, quota = Provider.objects.get(pk=wish.provider_id), _lock(wish.provider_id)
    read_at, now = time.monotonic(), database_now()
    window = Window(provider, quota, now)
    window.correct(wish.corrections)
    places = _share_places(cell_id, wish, provider.total_concurrent, now)
    held_s = max(0.0, (quota.held_until - now).total_seconds()) if quota.held_until else 0.0
    admitted = 0 if held_s else window.admit(wish.estimates[: max(0, places - wish.busy)])
    rest = wish.estimates[admitted] if admitted < len(wish.estimates) else 0
    wait_s = max(held_s, window.wait_s(rest) if wish.waiting > admitted else 0.0)
    pace_s = max(window.pace_s(wish.estimates), wish.call_s / places if places else 0.0)
    leave = _count_leavers(wish.waiting - admitted, wait_s, pace_s)
    wake_at = _book(quota, now + timedelta(seconds=wait_s + pace_s * (wish.waiting - admitted - leave)), leave, pace_s)
    window.keep()
    why = _explain(provider, held_s)
    return Granted(places, admitted, window.slot, wait_s, leave, wake_at, pace_s, read_at, window.is_counted, why)


def _count_leavers(left: int, wait_s: float, pace_s: float) -> int:
    """Return how many of the questions left over would wait longer in the cell than they should."""
    patience_s = settings.VICTOR_QUOTA_PATIENCE_S
    if wait_s > patience_s:
        return left
    return max(0, left - int((patience_s - wait_s) / pace_s)) if pace_s else 0


def _book(quota: Quota, first: datetime, number: int, pace_s: float) -> datetime:
    """Promise `number` turns behind those promised already; returns when the first of them is."""
    if not number:
        return first
    if quota.booked_until is not None and quota.booked_until > first:
        first = quota.booked_until
    quota.booked_until = first + timedelta(seconds=pace_s * number)
    return first


def _share_places(cell_id: int, wish: Wish, total: int, now: datetime) -> int:
    """Return how many calls the cell may have under way: its fair share, and never what others still hold."""
    if not total:
        Grant.objects.filter(cell=cell_id, provider=wish.provider_id).delete()
        return wish.wanted
    rows = Grant.objects.filter(provider=wish.provider_id, cell__status__in=["alive", "draining"])
    others = list(rows.exclude(cell=cell_id).values_list("cell", "places", "wanted"))
    free = total - sum(places for _, places, _ in others)
    fair = fair_share(cell_id, {cell: wanted for cell, _, wanted in others}, total, int(now.timestamp() / ROTATION_S))
    places = max(wish.busy, min(wish.wanted, fair, free))
    mine, made = Grant.objects.get_or_create(
        cell_id=cell_id, provider_id=wish.provider_id, defaults={"places": places, "wanted": wish.wanted}
    )
    if not made and (mine.places, mine.wanted) != (places, wish.wanted):
        Grant.objects.filter(pk=mine.pk).update(places=places, wanted=wish.wanted)
    return places


def fair_share(cell_id: int, others: dict[int, int], total: int, turn: int) -> int:
    """Return one's share when who wants little gets it and the rest is divided evenly (max-min).

    `others` is what each other cell wants. What cannot be divided goes round with `turn`, so that nobody is left with none.
    """
    left, heads = total, len(others) + 1
    for wanted in sorted(others.values()):
        if wanted * heads > left:
            break
        left, heads = left - wanted, heads - 1
    rank = sum(1 for cell, wanted in others.items() if wanted and cell < cell_id)
    return left // heads + ((rank + turn) % heads < left % heads)


def _explain(provider: Provider, held_s: float) -> str:
    if held_s:
        return f"{provider.name} asked to be left alone for {held_s:.0f} s."
    sides = (
        (provider.total_concurrent, "at once"),
        (provider.requests_per_min, "requests a minute"),
        (provider.tokens_per_min, "tokens a minute"),
    )
    limits = ", ".join(f"{number:,} {what}" for number, what in sides if number)
    return f"It waits for its turn at {provider.name}, which is limited to {limits or 'what it is asked now'}."
