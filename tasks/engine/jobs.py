"""The RQ jobs that host cells. RQ only gives us a process; which work is whose is the database's business."""

import logging
import os

import django_rq
from django.conf import settings
from redis.exceptions import RedisError
from rq import Worker

from victoros.lib.redis import connect
from victoros.lib.statements import fetch

log = logging.getLogger(__name__)

QUEUE = "cells"
_LIVING = "SELECT count(*) FROM tasks_cell WHERE status IN ('alive', 'draining')"


def run_cell() -> None:
    """Be a cell until it ends. Runs in the work-horse that a stock RQ worker forked."""
    from tasks.engine.cell import run_cell_forever  # loads the LLM clients: only work-horses pay for them

    logging.getLogger("tasks").setLevel(logging.INFO)
    run_cell_forever(worker_pid=os.getppid())


def keep_cells() -> int:
    """Queue as many cell jobs as workers lack; returns how many. Redis being away is no fault: the next round sees.

    A Redis that came back empty knows no workers until they have said again that they live: at least those of this host,
    `VICTOR_CELLS`, are reckoned with. A job too many only waits in the queue.
    """
    try:
        queue = django_rq.get_queue(QUEUE, connection=connect(as_text=False))
        workers = max(Worker.count(connection=queue.connection, queue=queue), settings.VICTOR_CELLS)
        [(living,)] = fetch(_LIVING)
        missing: int = workers - living - queue.count
        for _ in range(missing):
            queue.enqueue(run_cell, result_ttl=0, failure_ttl=60, job_timeout=-1)
    except RedisError as error:
        log.warning("Cells cannot be started while Redis is away: %s", error)
        return 0
    return max(missing, 0)
