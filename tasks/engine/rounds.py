"""What a round of the reconciler consists of: some parts belong to every round, the others to one now and then."""

import time
from collections.abc import Callable, Iterator

from django.conf import settings
from django.db import transaction

from agents.services.mail import expire_due_mail
from audit.notifications.jobs import keep_up
from tasks.engine.burial import bury_silent_cells
from tasks.engine.jobs import keep_cells
from tasks.engine.points import Point, reach
from tasks.engine.presence import living_cells
from tasks.engine.unstopped import report_unstopped, settle_recalls
from tasks.engine.waking import wake_due, wake_forgotten
from tasks.services.approvals import expire_due_approvals
from tasks.services.mailwork import take_up_mail
from tasks.services.unable import report_unable
from tasks.tidying.run import TIDIER
from tasks.transitions import settle_agents
from tasks.wakeups import ring
from victoros.lib import clock
from victoros.lib.hands import sweep
from victoros.lib.statements import fetch, now

TIDY_BUDGET_S = 0.1
"""Spent on tidying in one round, in batches of a few milliseconds."""
HEARD_S = 2.0
"""How long a call for work may go unheard before it is rung again."""
_UNHEARD = "SELECT id FROM tasks_outbox WHERE rung_at IS NULL AND created_at < {late} LIMIT 1000"
_NEW_AGENTS = "SELECT id FROM agents_agent WHERE status = 'initializing' LIMIT 1000"


def ring_again() -> int:
    """Ring for outbox rows no cell has looked at; the ring was lost or nobody was there."""
    late = len(fetch(_UNHEARD.format(late=now(-HEARD_S))))
    if late:
        ring()
    return late


def settle_new_agents() -> int:
    """Let agents that were just created show what they are."""
    new = [pk for (pk,) in fetch(_NEW_AGENTS)]
    if new:
        with transaction.atomic():
            settle_agents(new)
    return len(new)


BURYING = "cells_buried"
PARTS: dict[str, Callable[[], int]] = {
    BURYING: bury_silent_cells,
    "woken": wake_due,
    "remembered": wake_forgotten,
    "mail_expired": lambda: expire_due_mail(clock.now()),
    "mail_taken_up": take_up_mail,
    "approvals_expired": lambda: expire_due_approvals(clock.now()),
    "unable_told": report_unable,
    "recalls_settled": settle_recalls,
    "unstopped_told": report_unstopped,
    "rung_again": ring_again,
    "agents_settled": settle_new_agents,
    "cells_started": keep_cells,
    "marks_removed": lambda: sweep(settings.VICTOR_HOME, living_cells),
    "notices_rung": keep_up,
    "tidied": lambda: TIDIER.work(TIDY_BUDGET_S),
}
"""By what they put right, in their order; each returns how much that was."""
SELDOM = {
    *("remembered", "mail_expired", "approvals_expired", "unable_told", "recalls_settled", "unstopped_told"),
    *("marks_removed", "notices_rung"),
}
"""What hardly ever goes wrong, or nobody waits for to the second; looking for it costs as much as all the rest."""
SELDOM_ROUNDS = 5


class Rota:
    """Tells which parts the next round has: those of `SELDOM` as often as `SELDOM_ROUNDS` says, and on while they find something.

    Each goes up to a limit at a time, so what found something may have left some.
    """

    def __init__(self) -> None:
        self._due_at = dict.fromkeys(SELDOM, 0.0)

    def is_due(self, name: str) -> bool:
        """Tell whether a part belongs to this round."""
        return time.monotonic() >= self._due_at.get(name, 0.0)

    def note(self, name: str, count: int) -> None:
        """Note that a part was done, and how much it put right."""
        if name in SELDOM and not count:
            self._due_at[name] = time.monotonic() + SELDOM_ROUNDS * settings.VICTOR_RECONCILE_S


def put_right(rota: Rota, *, bury_silent: bool) -> Iterator[tuple[str, int]]:
    """Do the parts of a round that are due, one each time the next is asked for; yields its name and how much was put right."""
    for name, work in PARTS.items():
        if rota.is_due(name) and (bury_silent or name != BURYING):
            count = work()
            rota.note(name, count)
            yield name, count
        if name == BURYING:
            reach(Point.ROUND_BEGUN)
