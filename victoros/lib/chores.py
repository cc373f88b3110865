"""Ringing for a job on the queue `chores`. A ring may be lost, doubled or late: the job finds its work in the database."""

import logging
from typing import Any

import redis
from django.conf import settings
from rq import Queue
from rq.serializers import JSONSerializer

from victoros.lib.redis import HINT_S, connect, outage

log = logging.getLogger(__name__)

QUEUE = "chores"
LATCH_S = 30
"""A ring that nobody answered for so long may be repeated; until then further rings are the same one."""
LATCH = "victor:rung:"


def ring(job: str) -> bool:
    """Queue `job` (a dotted path) unless it is queued already; False when it was, or when Redis is away.

    Call it after the commit. Nobody waits for Redis longer than `HINT_S`, once an outage.
    """
    if outage.is_on:
        return False
    try:
        client = _client()
        if not client.set(LATCH + job, "1", nx=True, ex=LATCH_S):
            return False
        _queue(client).enqueue(
            job, result_ttl=0, failure_ttl=3600, job_timeout=settings.RQ_QUEUES[QUEUE]["DEFAULT_TIMEOUT"]
        )
    except redis.RedisError as error:
        outage.begin(error)
        return False
    return True


def answer(job: str) -> None:
    """Say that `job` has begun: what happens from now on rings anew. Call it before looking for work."""
    try:
        _client().delete(LATCH + job)
    except redis.RedisError as error:
        log.warning("Redis could not be told that %s began; further rings wait %s s: %s", job, LATCH_S, error)


def _client() -> "redis.Redis":
    return connect(wait_s=HINT_S, as_text=False)


def _queue(client: Any) -> Queue:
    return Queue(QUEUE, connection=client, serializer=JSONSerializer)
