"""One subscription a web process, passed on to all the pages it serves. Whatever Redis loses, the database is asked for."""

import asyncio
import json
import logging
import time
from collections.abc import Awaitable, Callable
from typing import Any, Protocol

import redis.asyncio
from django.utils.translation import gettext as _
from redis.asyncio.client import PubSub
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as Away
from redis.exceptions import RedisError

from victoros.lib import live

log = logging.getLogger(__name__)

ReadVersions = Callable[[list[str]], Awaitable[dict[str, int]]]

WINDOW_S = 0.04
"""Hints within this time are sent as one; the first goes at once."""
REST_PER_ROUND = 2.0
"""After a round of telling the hub rests so many times the processor time of the round: telling takes a third of the process."""
AT_ONCE = 50
"""Pages told without letting anything else run."""
SPREAD_PER_PAGE_S = 0.01
"""Pages told the same fetch their sections within so many seconds for each of them; about what one fetch costs the process."""
LONGEST_SPREAD_S = 8.0
ASK_S, DOUBTFUL_ASK_S = 5.0, 1.0
"""How often the database is asked what moved, with Redis and without; the latter also for a while after it came back."""
DOUBT_S = 5.0
SILENCE_S = 2.0
"""A Redis that says nothing for so long is asked for a word; without one for as long again it counts as away."""
LONGEST_PAUSE_S = 5.0


class Page(Protocol):
    """One open page, as the hub sees it."""

    async def tell(self, text: str) -> None:
        """Pass on what moved."""


class Hub:
    """Who watches what, and the tasks that listen, ask and tell. All of it lives on one event loop."""

    def __init__(self, url: str, read_versions: ReadVersions) -> None:
        self._url = url
        self._read_versions = read_versions
        self._watchers: dict[str, set[Page]] = {}
        self._watched: dict[Page, frozenset[str]] = {}
        self._seen: dict[str, int] = {}
        self._moved: dict[str, int] = {}
        self._ring = asyncio.Event()
        self._doubt = asyncio.Event()
        self._doubt_until = 0.0
        self._is_blind = False
        self._tasks: list[asyncio.Task[None]] = []
        self.is_subscribed = False

    def has_room_for(self, page: Page, most: int) -> bool:
        """Tell whether `page` is watching already or fewer than `most` are."""
        return page in self._watched or len(self._watched) < most

    def watch(self, page: Page, topics: frozenset[str]) -> None:
        """Let `page` hear of `topics` and of nothing else; starts listening with the first page."""
        self.leave(page)
        self._watched[page] = topics
        for topic in topics:
            self._watchers.setdefault(topic, set()).add(page)
        if not self._tasks:
            self._tasks = [asyncio.create_task(work()) for work in (self._listen, self._ask, self._send)]

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
                self._begin_doubt()
            await asyncio.sleep(pause)

    async def _subscribe(self) -> None:
        client = redis.asyncio.Redis.from_url(
            self._url, socket_connect_timeout=1.0, socket_timeout=SILENCE_S, retry=Retry(NoBackoff(), 0)
        )
        async with client, client.pubsub() as channel:
            await channel.subscribe(live.CHANNEL)
            while True:
                message = await _next_of(channel)
                if message["type"] == "subscribe":
                    self.is_subscribed = True
                    self._begin_doubt()
                elif message["type"] == "message":
                    self.hear(live.parse(message["data"].decode()))

    # --- asking ---

    def _begin_doubt(self) -> None:
        """Whoever publishes may find out later than we that Redis is back: until then the database knows more."""
        self._doubt_until = asyncio.get_running_loop().time() + DOUBT_S
        self._doubt.set()

    async def _ask(self) -> None:
        """Ask the database again and again, so that a lost hint costs seconds at most."""
        while True:
            self._doubt.clear()
            await self._catch_up()
            in_doubt = not self.is_subscribed or asyncio.get_running_loop().time() < self._doubt_until
            try:
                async with asyncio.timeout(DOUBTFUL_ASK_S if in_doubt else ASK_S):
                    await self._doubt.wait()
            except TimeoutError:
                continue

    async def _catch_up(self) -> None:
        names = list(self._watchers)
        try:
            for start in range(0, len(names), 400):
                self.hear(await self._read_versions(names[start : start + 400]))
        except Exception:  # the database may be away too: pages then say that they are stale
            if not self._is_blind:
                log.warning("The versions of what pages watch cannot be read; they are asked for again.", exc_info=True)
            self._is_blind = True
        else:
            self._is_blind = False

    # --- telling ---

    async def _send(self) -> None:
        while True:
            await self._ring.wait()
            self._ring.clear()
            moved, self._moved = self._moved, {}
            began = time.thread_time()
            for topics, pages in self._sorted_by_news(moved).items():
                await self._tell(pages, say({topic: moved[topic] for topic in topics}, len(pages)))
            await asyncio.sleep(max(WINDOW_S, (time.thread_time() - began) * REST_PER_ROUND))

    def _sorted_by_news(self, moved: dict[str, int]) -> dict[tuple[str, ...], list[Page]]:
        news: dict[Page, tuple[str, ...]] = {}
        for topic in moved:
            for page in self._watchers.get(topic, ()):
                news[page] = (*news.get(page, ()), topic)
        pages: dict[tuple[str, ...], list[Page]] = {}
        for page, topics in news.items():
            pages.setdefault(topics, []).append(page)
        return pages

    async def _tell(self, pages: list[Page], text: str) -> None:
        for n, page in enumerate(pages, 1):
            try:
                await page.tell(text)
            except Exception:  # one broken socket must not silence the others; the page asks again by itself
                log.info("A page could not be told.", exc_info=True)
                self.leave(page)
            if n % AT_ONCE == 0:
                await asyncio.sleep(0)


def say(topics: dict[str, int], pages: int = 1) -> str:
    """Write a message to pages: what moved, and over how many milliseconds so many pages spread their fetches."""
    spread_ms = round(min(pages * SPREAD_PER_PAGE_S, LONGEST_SPREAD_S) * 1000)
    return json.dumps({"topics": topics, "spread_ms": spread_ms})


async def _next_of(channel: PubSub) -> dict[str, Any]:
    """Return the next message; a server that stays silent although asked for a word is away."""
    message = await channel.get_message(timeout=SILENCE_S)
    if message is None:
        await channel.ping()
        message = await channel.get_message(timeout=SILENCE_S)
    if message is None:
        raise Away(_("it is silent"))
    found: dict[str, Any] = message
    return found
