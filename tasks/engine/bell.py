"""Hearing the doorbell. Redis may be away: then cells look by themselves, more often."""

import asyncio
import json
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import redis.asyncio
from django.conf import settings
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

from tasks.wakeups import BELL
from victoros.lib.host import this_host

log = logging.getLogger(__name__)
RECONNECT_S = 0.5
DOUBT_S = 2.0
"""How long calls may go unheard after the bell is back: whoever rings it may find that out later (`victoros.lib.outages`)."""


@dataclass
class Bell:
    """What to do when it rings for work, for a halt, or for draining the cells of this host."""

    on_work: Callable[[], None]
    on_halt: Callable[[], None]
    on_drain: Callable[[], None]
    is_away: bool = False
    """Whether it could not be heard when that was last tried."""
    _back_at: float = 0.0

    @property
    def is_doubtful(self) -> bool:
        """Whether somebody may call and not be heard: the bell is away, or has just come back."""
        return self.is_away or time.monotonic() < self._back_at + DOUBT_S

    async def listen(self) -> None:
        """Listen until cancelled, through any number of Redis restarts; an outage is logged once."""
        while True:
            try:
                await self._listen_once()
            except (RedisError, OSError) as error:
                if not self.is_away:
                    log.warning("The doorbell is away; looking without it until it is back: %s", error)
                    self.is_away = True
                    self.on_work()  # whoever waits for it to ring waits for too long
            await asyncio.sleep(RECONNECT_S)

    async def _listen_once(self) -> None:
        # The client must not connect again by itself: nobody would hear of what was called in between.
        client = redis.asyncio.Redis.from_url(
            settings.VICTOR_REDIS_URL, socket_connect_timeout=1.0, retry=Retry(NoBackoff(), 0)
        )
        try:
            async with client.pubsub() as subscription:
                await subscription.subscribe(BELL)
                self.is_away, self._back_at = False, time.monotonic()
                self.on_work()
                self.on_halt()
                async for message in subscription.listen():
                    if message["type"] == "message":
                        self._answer(json.loads(message["data"]))
        finally:
            await client.aclose()

    def _answer(self, call: dict[str, Any]) -> None:
        if call.get("halt"):
            self.on_halt()
        if call.get("drain") == this_host():
            self.on_drain()
        self.on_work()
