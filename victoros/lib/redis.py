"""The one way to Redis. It may vanish at any time: what is sent through here is a hint, never the truth."""

from functools import lru_cache

import redis
from django.conf import settings
from redis.backoff import NoBackoff
from redis.retry import Retry

from victoros.lib.outages import Outage

HINT_S = 0.3
"""Nobody who changes something waits longer for Redis than this, and once an outage."""


@lru_cache(maxsize=4)
def connect(url: str | None = None) -> "redis.Redis":
    """Return this process's client; it connects when first used and again after a fault."""
    return redis.Redis.from_url(
        url or settings.VICTOR_REDIS_URL,
        socket_timeout=2.0,
        socket_connect_timeout=1.0,
        decode_responses=True,
        retry=once_more(),
    )


@lru_cache(maxsize=4)
def connect_for_rq(url: str) -> "redis.Redis":
    """Return this process's client for RQ, which reads bytes and would make a connection for each question."""
    return redis.Redis.from_url(url, socket_timeout=2.0, socket_connect_timeout=1.0, retry=once_more())


def publish(channel: str, text: str) -> bool:
    """Send `text` to whoever listens; False when Redis is away, which is logged once an outage."""
    if outage.is_on:
        return False
    try:
        _quick_client(settings.VICTOR_REDIS_URL).publish(channel, text)
    except redis.RedisError as error:
        outage.begin(error)
        return False
    return True


def _look() -> bool:
    try:
        return bool(_quick_client(settings.VICTOR_REDIS_URL).ping())
    except redis.RedisError:
        return False


outage = Outage("Redis", _look)
"""Pages and cells look by themselves until it is over."""


@lru_cache(maxsize=4)
def _quick_client(url: str) -> "redis.Redis":
    return redis.Redis.from_url(
        url, socket_timeout=HINT_S, socket_connect_timeout=HINT_S, decode_responses=True, retry=once_more()
    )


def once_more() -> Retry:
    """Return how clients try again: a connection from before a restart is made anew at once; silence is not tried twice."""
    return Retry(NoBackoff(), 1, supported_errors=(redis.ConnectionError,))
