"""What the supervisor tells the engine through Redis: which processes died, and that cells shall drain."""

import json
from collections.abc import Iterable
from pathlib import Path

from redis import Redis
from redis.exceptions import RedisError

from victoros.lib.errors import Misconfigured
from victoros.lib.hands import read_leavings
from victoros.lib.host import host_of

BELL = "victor:bell"
DEAD = "victor:dead"
KEPT_REPORTS = 1000


class Messenger:
    """Delivers reports when Redis answers; keeps them while it does not. Leases make a lost report harmless, only slower."""

    def __init__(self, redis_url: str, home: Path) -> None:
        self._home = home
        try:
            self._redis = Redis.from_url(redis_url, socket_timeout=1, socket_connect_timeout=1)
        except ValueError as error:
            raise Misconfigured(
                f"VICTOR_REDIS_URL makes no sense: {error}.", hint="Write it like redis://host:6379/0, or unset it."
            ) from error
        self._waiting: list[str] = []

    def report_dead(self, pids: Iterable[int]) -> None:
        """Say that these processes of this host do not live any more, and what they had in hand."""
        self._waiting += [self._report_on(pid) for pid in sorted(pids)]
        self._waiting = self._waiting[-KEPT_REPORTS:]
        self.deliver()

    def _report_on(self, pid: int) -> str:
        left = [leaving.as_dict() for leaving in read_leavings(self._home, pid)]
        return json.dumps({"host": host_of(self._home), "pid": pid, "left": left})

    def deliver(self) -> None:
        """Send what waits, if Redis answers."""
        if not self._waiting:
            return
        try:
            with self._redis.pipeline() as both:
                both.rpush(DEAD, *self._waiting)
                both.ltrim(DEAD, -KEPT_REPORTS, -1)
                both.execute()
        except (RedisError, OSError):
            return
        self._waiting.clear()

    def tell_cells_to_drain(self) -> None:
        """Ask every cell of this host to finish its steps and give its work back."""
        try:
            self._redis.publish(BELL, json.dumps({"drain": host_of(self._home)}))
        except (RedisError, OSError):
            return

    def answers(self) -> bool:
        """Tell whether Redis can be used."""
        try:
            return bool(self._redis.ping())
        except (RedisError, OSError):
            return False
