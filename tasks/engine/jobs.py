"""The RQ jobs that host cells. RQ only gives us a process; which work is whose is the database's business."""

import logging
import os

import django_rq
from redis.exceptions import RedisError
from rq import Worker

from tasks.models import Cell

log = logging.getLogger(__name__)

QUEUE = "cells"


def run_cell() -> None:
    """Be a cell until it ends. Runs in the work-horse that a stock RQ worker forked."""
    from tasks.engine.cell import run_cell_forever  # loads the LLM clients: only work-horses pay for them

    logging.getLogger("tasks").setLevel(logging.INFO)
    run_cell_forever(worker_pid=os.getppid())


def keep_cells() -> int:
    """Queue as many cell jobs as workers lack; returns how many. Redis being away is no fault: the next round sees."""
    try:
        queue = django_rq.get_queue(QUEUE)
        workers = Worker.count(connection=queue.connection, queue=queue)
        missing = workers - Cell.objects.filter(status__in=["alive", "draining"]).count() - queue.count
        for _ in range(missing):
            queue.enqueue(run_cell, result_ttl=0, failure_ttl=60, job_timeout=-1)
    except RedisError as error:
        log.warning("Cells cannot be started while Redis is away: %s", error)
        return 0
    return max(missing, 0)
