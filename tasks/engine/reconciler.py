"""Putting right what no living process will: run by the scheduler, one at a time, elected through the database."""

import json
import logging
import os
import signal
import time
from collections.abc import Iterator
from datetime import timedelta

from django.conf import settings
from django.db import Error as DatabaseError
from django.db import connection, transaction
from redis.exceptions import RedisError

from agents.models import Agent
from agents.services.mail import expire_due_mail
from audit.notifications.jobs import keep_up
from tasks.engine.burial import bury_silent_cells, report_dead_process
from tasks.engine.ends import DEAD_LIST
from tasks.engine.freezing import watch_in_background
from tasks.engine.jobs import keep_cells
from tasks.engine.leases import holder_of, release_leases, take_lease
from tasks.engine.points import Point, reach
from tasks.engine.presence import living_cells
from tasks.engine.trust import Trust
from tasks.engine.waking import wake_due, wake_forgotten
from tasks.models import Outbox
from tasks.services.approvals import expire_due_approvals
from tasks.services.mailwork import take_up_mail
from tasks.services.unable import report_unable
from tasks.tidying.run import TIDIER
from tasks.transitions import settle_agents
from tasks.wakeups import ring
from victoros.lib import clock
from victoros.lib.hands import Leaving, sweep
from victoros.lib.redis import connect

log = logging.getLogger(__name__)

LEASE_NAME = "reconciler"
TIDY_BUDGET_S = 0.1
"""Spent on tidying in one round, in batches of a few milliseconds."""


def run_scheduler() -> None:
    """Reconcile until ended, as long as this process holds the lease; a fault in one round is logged and the next goes on."""
    signal.signal(signal.SIGTERM, _leave)
    clock.agree_in_background()
    watch_in_background()
    try:
        _reconcile_for_ever()
    finally:
        release_leases(holder_of(os.getpid()))


def _leave(number: int, frame: object) -> None:
    raise SystemExit(0)


def _reconcile_for_ever() -> None:
    holder, trust = holder_of(os.getpid()), Trust()
    while True:
        try:
            with trust.watch():
                ours = take_lease(LEASE_NAME, holder, timedelta(seconds=settings.VICTOR_RECONCILE_S * 5))
            if ours:
                reconcile(trust)
        except DatabaseError as error:
            log.warning("The database does not answer, trying again: %s", error)
            connection.close()
        except Exception:
            log.exception("A round of the reconciler failed; the next one goes on.")
        listen_for_deaths(settings.VICTOR_RECONCILE_S)


def reconcile(trust: Trust | None = None) -> dict[str, int]:
    """Do one round; returns what was put right, by name, for logs and tests.

    With `trust`, silent cells are buried only where it is enough, and it hears of each part that is done: a round on a busy
    machine takes longer than the gap after which silence means nothing.
    """
    done: dict[str, int] = {}
    for name, count in _put_right(bury_silent=trust is None or trust.is_enough):
        done[name] = count
        if trust:
            trust.note()
    put_right = {name: count for name, count in done.items() if count}
    if put_right:
        log.info("put right: %s", put_right)
    return done


def _put_right(*, bury_silent: bool) -> Iterator[tuple[str, int]]:
    yield "cells_buried", bury_silent_cells() if bury_silent else 0
    reach(Point.ROUND_BEGUN)
    yield "woken", wake_due() + wake_forgotten()
    yield "mail_expired", expire_due_mail(clock.now())
    yield "mail_taken_up", take_up_mail()
    yield "approvals_expired", expire_due_approvals(clock.now())
    yield "unable_told", report_unable()
    yield "rung_again", ring_again()
    yield "agents_settled", settle_new_agents()
    yield "cells_started", keep_cells()
    yield "marks_removed", sweep(settings.VICTOR_HOME, living_cells)
    yield "notices_rung", keep_up()
    yield "tidied", TIDIER.work(TIDY_BUDGET_S)


def ring_again() -> int:
    """Ring for outbox rows no cell has looked at; the ring was lost or nobody was there."""
    late = Outbox.objects.filter(rung_at=None, created_at__lt=clock.now() - timedelta(seconds=2)).count()
    if late:
        ring()
    return late


def settle_new_agents() -> int:
    """Let agents that were just created show what they are."""
    new = list(Agent.objects.filter(status="initializing").values_list("pk", flat=True)[:1000])
    with transaction.atomic():
        settle_agents(new)
    return len(new)


def listen_for_deaths(seconds: float) -> None:
    """Wait for a round's time, burying at once what supervisors report dead."""
    until = time.monotonic() + seconds
    while (left := until - time.monotonic()) > 0:
        try:
            report = connect().blpop([DEAD_LIST], timeout=min(left, 1.0))
        except RedisError:
            time.sleep(min(left, 0.5))
            continue
        if report:
            _bury_reported(str(report[1]))


def _bury_reported(text: str) -> None:
    try:
        facts = json.loads(text)
        pid, host = int(facts["pid"]), str(facts.get("host", ""))
        leavings = [Leaving.from_dict(left) for left in facts.get("left", [])]
    except (ValueError, KeyError, TypeError):
        log.warning("A report of a dead process cannot be read: %r", text[:200])
        return
    reach(Point.DEATH_HEARD)
    try:
        release_leases(holder_of(pid, host))
        if report_dead_process(pid, host, leavings):
            keep_cells()
    except DatabaseError as error:
        log.warning("Process %s died but the database does not answer; its lease will run out: %s", pid, error)
        connection.close()
