"""What a round of the reconciler consists of, and the look at the database that tells which parts of it have something to do."""

import time
from collections.abc import Callable, Container, Iterator, Sequence
from datetime import timedelta
from functools import cached_property
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.db.models.functions import Now

from agents.models import Agent
from agents.services.mail import due_mail, expire_due_mail
from audit.notifications.jobs import keep_up, to_deal_with
from tasks.engine.burial import bury_silent_cells, silent_cells
from tasks.engine.jobs import keep_cells
from tasks.engine.points import Point, reach
from tasks.engine.presence import living_cells
from tasks.engine.waking import waiting_in_vain, wake_due, wake_forgotten
from tasks.models import Outbox
from tasks.services.approvals import due_approvals, expire_due_approvals
from tasks.services.mailwork import mail_to_take_up, take_up_mail
from tasks.services.unable import report_unable, tasks_waiting_long, told_unable
from tasks.tidying.run import TIDIER
from tasks.transitions import settle_agents
from tasks.wakeups import ring
from victoros.lib import clock
from victoros.lib.clock import now_plus
from victoros.lib.glance import Glance
from victoros.lib.hands import sweep

TIDY_BUDGET_S = 0.1
"""Spent on tidying in one round, in batches of a few milliseconds."""
EVERYTHING_S = 10.0
"""Between two rounds that go into every part, whatever is seen."""
UNHEARD_S = 2.0
"""How long cells have for hearing the bell before it is rung again."""


def ring_again() -> int:
    """Ring for outbox rows no cell has looked at; the ring was lost or nobody was there."""
    late = _unheard().count()
    if late:
        ring()
    return late


def _unheard() -> QuerySet[Outbox]:
    return Outbox.objects.filter(rung_at=None, created_at__lt=now_plus(timedelta(seconds=-UNHEARD_S)))


def settle_new_agents() -> int:
    """Let agents that were just created show what they are."""
    new = list(_new_agents().values_list("pk", flat=True)[:1000])
    with transaction.atomic():
        settle_agents(new)
    return len(new)


def _new_agents() -> QuerySet[Agent]:
    return Agent.objects.filter(status="initializing")


BURYING = "cells_buried"
PARTS: dict[str, Callable[[], int]] = {
    BURYING: bury_silent_cells,
    "woken": lambda: wake_due() + wake_forgotten(),
    "mail_expired": lambda: expire_due_mail(clock.now()),
    "mail_taken_up": take_up_mail,
    "approvals_expired": lambda: expire_due_approvals(clock.now()),
    "unable_told": report_unable,
    "rung_again": ring_again,
    "agents_settled": settle_new_agents,
    "cells_started": keep_cells,
    "marks_removed": lambda: sweep(settings.VICTOR_HOME, living_cells),
    "notices_rung": keep_up,
    "tidied": lambda: TIDIER.work(TIDY_BUDGET_S),
}
"""The parts of a round by what they put right, in their order; each returns how much that was."""
EVERYTHING = frozenset(PARTS)


def put_right(seen: Container[str]) -> Iterator[tuple[str, int]]:
    """Do the named parts of a round, one each time the next is asked for; yields the name and how much was put right."""
    for name, work in PARTS.items():
        if name in seen:
            yield name, work()
        if name == BURYING:
            reach(Point.ROUND_BEGUN)


class Lookout:
    """Tells which parts of a round have something to do, by one statement; now and then all of them, whatever it sees."""

    UNSEEN = frozenset({"cells_started", "tidied"})
    """What depends on more than the database, or keeps its own time: done in every round."""

    def __init__(self) -> None:
        self._all_at = 0.0

    def look(self) -> frozenset[str]:
        """Return the names of the parts. One query, none when it is time for all."""
        if time.monotonic() >= self._all_at:
            self._all_at = time.monotonic() + EVERYTHING_S
            return EVERYTHING
        return self._glance.look() | self.UNSEEN

    @cached_property
    def _glance(self) -> Glance:
        return Glance(_questions())


def _questions() -> dict[str, Sequence[QuerySet[Any]]]:
    """Return what each part would find to do. What is not named here waits for everything's turn."""
    return {
        BURYING: [silent_cells()],
        "woken": waiting_in_vain(),
        "mail_expired": due_mail(Now()),
        "mail_taken_up": [mail_to_take_up()],
        "approvals_expired": [due_approvals(Now())],
        "unable_told": [tasks_waiting_long(), told_unable()],
        "rung_again": [_unheard()],
        "agents_settled": [_new_agents()],
        "notices_rung": to_deal_with(),
    }
