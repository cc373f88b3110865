"""One subscription to the hints per web process, fanned out to the pages it serves. Without Redis it asks the database."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Protocol

import redis.asyncio
from redis.exceptions import RedisError

from victoros.lib import live

log = logging.getLogger(__name__)

ReadVersions = Callable[[list[str]], Awaitable[dict[str, int]]]

WINDOW_S = 0.04
"""Hints within this time are sent as one; the first goes at once."""
WINDOW_PER_PAGE_S = 0.0004
"""The window grows with the pages, so that sending never takes more than a part of the process."""
ASK_S = 1.0
"""While Redis is away the database is asked this often."""
LONGEST_PAUSE_S = 5.0


class Page(Protocol):
    """One open page, as the hub sees it."""

    async def tell(self, topics: dict[str, int]) -> None:
        """Pass on that these topics moved."""


class Hub:
    """Who watches what, and the task that listens. All of it lives on one event loop."""

    def __init__(self, url: str, read_versions: ReadVersions) -> None:
        self._url = url
        self._read_versions = read_versions
        self._watchers: dict[str, set[Page]] = {}
        self._watched: dict[Page, frozenset[str]] = {}
        self._seen: dict[str, int] = {}
        self._moved: dict[str, int] = {}
        self._ring = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self.is_subscribed = False

    def watch(self, page: Page, topics: frozenset[str]) -> None:
        """Let `page` hear of `topics` and of nothing else; starts listening with the first page."""
        self.leave(page)
        self._watched[page] = topics
        for topic in topics:
            self._watchers.setdefault(topic, set()).add(page)
        if not self._tasks:
            self._tasks = [asyncio.create_task(self._listen()), asyncio.create_task(self._send())]

    def leave(self, page: Page) -> None:
        """Forget `page`."""
        for topic in self._watched.pop(page, frozenset()):
            pages = self._watchers.get(topic, set())
            pages.discard(page)
            if not pages:
                self._watchers.pop(topic, None)
                self._seen.pop(topic, None)

    async def close(self) -> None:
        """Stop listening."""
        for task in self._tasks:
            while not task.done():  # a database call in a thread swallows a cancellation
                task.cancel()
                await asyncio.wait([task], timeout=0.1)
        self._tasks = []

    def hear(self, topics: dict[str, int]) -> None:
        """Take in that topics moved; what nobody watches, or is old news, is dropped here."""
        for topic, version in topics.items():
            if topic in self._watchers and version > self._seen.get(topic, 0):
                self._seen[topic] = self._moved[topic] = version
                self._ring.set()

    # --- listening ---

    async def _listen(self) -> None:
        pause = 0.1
        while True:
            try:
                await self._subscribe()
            except (RedisError, OSError) as error:
                if self.is_subscribed or pause == 0.1:
                    log.warning("Hints are read from the database until Redis is back: %s", error)
                pause = 0.1 if self.is_subscribed else min(pause * 2, LONGEST_PAUSE_S)
                self.is_subscribed = False
            await self._ask_for(pause)

    async def _subscribe(self) -> None:
        client = redis.asyncio.Redis.from_url(self._url, socket_connect_timeout=1.0, health_check_interval=5)
        async with client, client.pubsub(ignore_subscribe_messages=True) as channel:
            await channel.subscribe(live.CHANNEL)
            self.is_subscribed = True
            await self._catch_up()
            while True:
                message = await channel.get_message(timeout=10.0)
                if message is not None:
                    self.hear(live.parse(message["data"].decode()))

    async def _ask_for(self, seconds: float) -> None:
        """Ask the database instead of listening, for about `seconds`."""
        until = asyncio.get_running_loop().time() + seconds
        while (left := until - asyncio.get_running_loop().time()) > 0:
            await self._catch_up()
            await asyncio.sleep(min(left, ASK_S))

    async def _catch_up(self) -> None:
        names = list(self._watchers)
        try:
            for start in range(0, len(names), 400):
                self.hear(await self._read_versions(names[start : start + 400]))
        except Exception:  # the database may be away too: pages then say that they are stale
            log.warning("The versions of what pages watch could not be read.", exc_info=True)

    # --- sending ---

    async def _send(self) -> None:
        while True:
            await self._ring.wait()
            self._ring.clear()
            moved, self._moved = self._moved, {}
            for page, topics in self._sorted_by_page(moved).items():
                await self._tell(page, topics)
            await asyncio.sleep(WINDOW_S + WINDOW_PER_PAGE_S * len(self._watched))

    def _sorted_by_page(self, moved: dict[str, int]) -> dict[Page, dict[str, int]]:
        news: dict[Page, dict[str, int]] = {}
        for topic, version in moved.items():
            for page in self._watchers.get(topic, ()):
                news.setdefault(page, {})[topic] = version
        return news

    async def _tell(self, page: Page, topics: dict[str, int]) -> None:
        try:
            await page.tell(topics)
        except Exception:  # one broken socket must not silence the others; the page asks again by itself
            log.info("A page could not be told.", exc_info=True)
            self.leave(page)
