"""The one way to Redis. It may vanish at any time: what is sent through here is a hint, never the truth."""

import logging
import time
from functools import lru_cache

import redis
from django.conf import settings

log = logging.getLogger(__name__)

REST_S = 0.25
"""After a failure nothing is tried for so long: callers must not queue up behind a Redis that is away."""

_away_until = 0.0
_is_away = False


@lru_cache(maxsize=4)
def connect(url: str | None = None) -> "redis.Redis":
    """Return this process's client; it connects when first used and again after a fault."""
    return redis.Redis.from_url(
        url or settings.VICTOR_REDIS_URL, socket_timeout=2.0, socket_connect_timeout=1.0, decode_responses=True
    )


def publish(channel: str, text: str) -> bool:
    """Send `text` to whoever listens; False when Redis is away, which is logged once an outage."""
    global _away_until, _is_away
    if time.monotonic() < _away_until:
        return False
    try:
        connect().publish(channel, text)
    except redis.RedisError as error:
        _away_until = time.monotonic() + REST_S
        if not _is_away:
            log.warning("Redis is away; pages and cells look by themselves until it is back: %s", error)
        _is_away = True
        return False
    if _is_away:
        log.warning("Redis is back.")
    _is_away = False
    return True
