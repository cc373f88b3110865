"""What the supervisor tells the engine through Redis: which processes died, and that cells shall drain."""

import json
import socket
from collections.abc import Iterable

from redis import Redis
from redis.exceptions import RedisError

from victoros.lib.errors import Misconfigured

BELL = "victor:bell"
DEAD = "victor:dead"
KEPT_REPORTS = 1000


class Messenger:
    """Delivers reports when Redis answers; keeps them while it does not. Leases make a lost report harmless, only slower."""

    def __init__(self, redis_url: str) -> None:
        try:
            self._redis = Redis.from_url(redis_url, socket_timeout=1, socket_connect_timeout=1)
        except ValueError as error:
            raise Misconfigured(
                f"VICTOR_REDIS_URL makes no sense: {error}.", hint="Write it like redis://host:6379/0, or unset it."
            ) from error
        self._waiting: list[str] = []

    def report_dead(self, pids: Iterable[int]) -> None:
        """Say that these processes of this host do not live any more."""
        host = socket.gethostname()
        self._waiting += [json.dumps({"host": host, "pid": pid}) for pid in sorted(pids)]
        self._waiting = self._waiting[-KEPT_REPORTS:]
        self.deliver()

    def deliver(self) -> None:
        """Send what waits, if Redis answers."""
        if not self._waiting:
            return
        try:
            self._redis.rpush(DEAD, *self._waiting)
        except (RedisError, OSError):
            return
        self._waiting.clear()

    def tell_cells_to_drain(self) -> None:
        """Ask every cell to finish its steps and give its work back."""
        try:
            self._redis.publish(BELL, json.dumps({"drain": True}))
        except (RedisError, OSError):
            return

    def answers(self) -> bool:
        """Tell whether Redis can be used."""
        try:
            return bool(self._redis.ping())
        except (RedisError, OSError):
            return False
