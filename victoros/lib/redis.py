"""The one way to Redis. It may vanish at any time: what is sent through here is a hint, never the truth."""

from functools import lru_cache

import redis
from django.conf import settings
from redis.backoff import NoBackoff
from redis.retry import Retry

from victoros.lib.outages import Outage

HINT_S = 0.3
"""Nobody who changes something waits longer for Redis than this, and once an outage."""
CALM_S = 2.0
"""What others wait for an answer."""


def connect(*, wait_s: float = CALM_S, as_text: bool = True) -> "redis.Redis":
    """Return this process's client; it connects when first used and again after a fault. RQ reads bytes, not text."""
    return _make_client(settings.VICTOR_REDIS_URL, wait_s, as_text)


@lru_cache(maxsize=8)
def _make_client(url: str, wait_s: float, as_text: bool) -> "redis.Redis":
    """Make a client. A connection from before a restart is made anew at once; silence is not tried twice."""
    return redis.Redis.from_url(
        url,
        socket_timeout=wait_s,
        socket_connect_timeout=min(wait_s, 1.0),
        decode_responses=as_text,
        retry=Retry(NoBackoff(), 1, supported_errors=(redis.ConnectionError,)),
    )


def publish(channel: str, text: str) -> bool:
    """Send `text` to whoever listens; False when Redis is away, which is logged once an outage."""
    if outage.is_on:
        return False
    try:
        connect(wait_s=HINT_S).publish(channel, text)
    except redis.RedisError as error:
        outage.begin(error)
        return False
    return True


def _look() -> bool:
    try:
        return bool(connect(wait_s=HINT_S).ping())
    except redis.RedisError:
        return False


outage = Outage("Redis", _look)
"""Pages and cells look by themselves until it is over."""
