"""Putting right what no living process will: run by the scheduler, one at a time, elected through the database."""

import json
import logging
import os
import signal
import time
from datetime import timedelta

from django.conf import settings
from django.db import Error as DatabaseError
from django.db import connection, transaction
from django.utils import timezone
from redis.exceptions import RedisError

from agents.models import Agent
from agents.services.mail import expire_due_mail
from tasks.engine.burial import bury_silent_cells, report_dead_process
from tasks.engine.freezing import watch_in_background
from tasks.engine.jobs import keep_cells
from tasks.engine.leases import holder_of, release_leases, take_lease
from tasks.engine.waking import wake_due, wake_forgotten
from tasks.models import Outbox
from tasks.services.approvals import expire_due_approvals
from tasks.services.mailwork import take_up_mail
from tasks.transitions import settle_agents
from tasks.wakeups import ring
from victoros.lib.redis import connect

log = logging.getLogger(__name__)

DEAD_LIST = "victor:dead"
"""Redis list on which a supervisor reports processes it saw die, as JSON `{"host", "pid"}`."""
LEASE_NAME = "reconciler"
OUTBOX_KEPT = timedelta(hours=1)


def run_scheduler() -> None:
    """Reconcile until ended, as long as this process holds the lease; a fault in one round is logged and the next goes on."""
    signal.signal(signal.SIGTERM, _leave)
    watch_in_background()
    try:
        _reconcile_for_ever()
    finally:
        release_leases(holder_of(os.getpid()))


def _leave(number: int, frame: object) -> None:
    raise SystemExit(0)


def _reconcile_for_ever() -> None:
    holder = holder_of(os.getpid())
    while True:
        try:
            if take_lease(LEASE_NAME, holder, timedelta(seconds=settings.VICTOR_RECONCILE_S * 5)):
                reconcile()
        except DatabaseError as error:
            log.warning("The database does not answer, trying again: %s", error)
            connection.close()
        except Exception:
            log.exception("A round of the reconciler failed; the next one goes on.")
        listen_for_deaths(settings.VICTOR_RECONCILE_S)


def reconcile() -> dict[str, int]:
    """Do one round; returns what was put right, by name, for logs and tests."""
    done = {
        "cells_buried": bury_silent_cells(),
        "woken": wake_due() + wake_forgotten(),
        "mail_expired": expire_due_mail(timezone.now()),
        "mail_taken_up": take_up_mail(),
        "approvals_expired": expire_due_approvals(timezone.now()),
        "rung_again": ring_again(),
        "agents_settled": settle_new_agents(),
        "cells_started": keep_cells(),
    }
    Outbox.objects.filter(rung_at__lt=timezone.now() - OUTBOX_KEPT).delete()
    put_right = {name: count for name, count in done.items() if count}
    if put_right:
        log.info("put right: %s", put_right)
    return done


def ring_again() -> int:
    """Ring for outbox rows no cell has looked at; the ring was lost or nobody was there."""
    late = Outbox.objects.filter(rung_at=None, created_at__lt=timezone.now() - timedelta(seconds=2)).count()
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
    except (ValueError, KeyError, TypeError):
        log.warning("A report of a dead process cannot be read: %r", text[:200])
        return
    try:
        release_leases(holder_of(pid, host))
        if report_dead_process(pid, host):
            keep_cells()
    except DatabaseError as error:
        log.warning("Process %s died but the database does not answer; its lease will run out: %s", pid, error)
        connection.close()
