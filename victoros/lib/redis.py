"""The one way to Redis. It may vanish at any time: what is sent through here is a hint, never the truth."""

import logging
from functools import lru_cache

import redis
from django.conf import settings

log = logging.getLogger(__name__)


@lru_cache(maxsize=4)
def connect(url: str | None = None) -> "redis.Redis":
    """Return this process's client; it connects when first used and again after a fault."""
    return redis.Redis.from_url(
        url or settings.VICTOR_REDIS_URL, socket_timeout=2.0, socket_connect_timeout=1.0, decode_responses=True
    )


def publish(channel: str, text: str) -> bool:
    """Send `text` to whoever listens; False (and a log line) when Redis is away."""
    try:
        connect().publish(channel, text)
    except redis.RedisError as error:
        log.warning("Redis did not take a message for %s: %s", channel, error)
        return False
    return True
