"""Telling cells to look. The outbox row is written with the change; the doorbell is rung when it has committed."""

import json

from django.db import transaction

from tasks.models import Outbox
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
    Outbox.objects.create(kind=kind)
    transaction.on_commit(lambda: ring(str(kind)), robust=True)
