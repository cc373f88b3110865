"""Telling cells to look. The outbox row is written with the change; the doorbell is rung when it has committed."""

import json

from django.db import transaction

from tasks.engine.points import Point, reach
from tasks.models import Outbox
from victoros.lib.inserting import add_rows
from victoros.lib.redis import publish

BELL = "victor:bell"


def call_for_work() -> None:
    """Make cells look for work once the current transaction commits."""
    _call(Outbox.Kind.WORK)


def call_for_halt() -> None:
    """Make cells look at once for attempts they no longer hold."""
    _call(Outbox.Kind.HALT)


def ring(kind: str = "work") -> bool:
    """Ring the doorbell now; False when Redis is away (cells look by themselves every second)."""
    return publish(BELL, json.dumps({kind: True}))


def _call(kind: Outbox.Kind) -> None:
    add_rows(Outbox, [Outbox(kind=kind)])
    transaction.on_commit(lambda: _ring_now(str(kind)), robust=True)


def _ring_now(kind: str) -> None:
    reach(Point.CALLING)
    ring(kind)
