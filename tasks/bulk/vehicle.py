"""The RQ job that carries a bulk act. The rows are the truth: a lost job is sent again by the scheduler."""

import logging
import threading
import time

import django_rq
from django.db import DatabaseError, connection
from redis.exceptions import RedisError

log = logging.getLogger(__name__)

QUEUE = "chores"
LOOK_S = 10.0


def carry(bulk_id: int) -> None:
    """Run in a chores worker."""
    from tasks.bulk.running import run_bulk  # this module is imported by that one

    run_bulk(bulk_id)


def send_for(bulk_id: int) -> bool:
    """Put a job into the queue; False while Redis is away (the scheduler sends again)."""
    try:
        django_rq.get_queue(QUEUE).enqueue(carry, bulk_id, result_ttl=0, failure_ttl=60)
    except RedisError as error:
        log.warning("Bulk act %s waits for Redis: %s", bulk_id, error)
        return False
    return True


def watch_in_background() -> threading.Thread:
    """Look for bulk acts without a job, now and then, until the process ends."""
    thread = threading.Thread(target=_watch, name="bulk-acts", daemon=True)
    thread.start()
    return thread


def _watch() -> None:
    from tasks.bulk.running import resume_silent  # this module is imported by that one

    while True:
        time.sleep(LOOK_S)
        try:
            sent = resume_silent()
            if sent:
                log.info("bulk acts sent again: %s", sent)
        except DatabaseError as error:
            log.warning("Bulk acts cannot be looked at: %s", error)
        finally:
            connection.close()
