"""Putting right what no living process will: run by the scheduler, one at a time, elected through the database."""

import json
import logging
import os
import signal
import time
from datetime import timedelta

from django.conf import settings
from django.db import Error as DatabaseError
from django.db import connection
from redis.exceptions import RedisError

from tasks.engine.burial import report_dead_process
from tasks.engine.ends import DEAD_LIST
from tasks.engine.jobs import keep_cells
from tasks.engine.leases import holder_of, release_leases, take_lease
from tasks.engine.points import Point, reach
from tasks.engine.rounds import Rota, put_right
from tasks.engine.trust import Trust
from tasks.engine.watching import watch_in_background
from victoros.lib import clock, heap
from victoros.lib.hands import Leaving
from victoros.lib.redis import connect

log = logging.getLogger(__name__)

LEASE_NAME = "reconciler"


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
    holder, trust, rota = holder_of(os.getpid()), Trust(), Rota()
    while True:
        try:
            with trust.watch():
                ours = take_lease(LEASE_NAME, holder, timedelta(seconds=settings.VICTOR_RECONCILE_S * 5))
            if ours:
                reconcile(trust, rota)
                heap.give_back()  # a round that counts a long journal takes some megabytes
        except DatabaseError as error:
            log.warning("The database does not answer, trying again: %s", error)
            connection.close()
        except Exception:
            log.exception("A round of the reconciler failed; the next one goes on.")
        listen_for_deaths(settings.VICTOR_RECONCILE_S)


def reconcile(trust: Trust | None = None, rota: Rota | None = None) -> dict[str, int]:
    """Do one round; returns what was put right, by name, for logs and tests.

    With `trust`, silent cells are buried only where it is enough, and it hears of each part that is done: a round on a busy
    machine takes longer than the gap after which silence means nothing. With `rota`, only what is due is done.
    """
    done: dict[str, int] = {}
    for name, count in put_right(rota or Rota(), bury_silent=trust is None or trust.is_enough):
        done[name] = count
        if trust:
            trust.note()
    mended = {name: count for name, count in done.items() if count}
    if mended:
        log.info("put right: %s", mended)
    return done


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
