"""The one websocket of a page: it says which topics it shows and at which versions, and hears which of them moved."""

import asyncio
import json
from importlib import import_module
from types import SimpleNamespace
from typing import Any
from weakref import WeakKeyDictionary

from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncWebsocketConsumer
from django.conf import settings
from django.contrib.auth import get_user

from audit.topics import read_versions
from victoros.lib.hub import Hub, say

MAX_TOPICS = 200
MAX_CHARACTERS = 20_000
TRUSTED_S = 5.0
"""A page that was signed in so shortly ago is taken to be so still; each fetch of a section is checked anyway."""
SIGNED_OUT, NOT_UNDERSTOOD, TOO_MANY = 4401, 4400, 4429

_hubs: WeakKeyDictionary[asyncio.AbstractEventLoop, Hub] = WeakKeyDictionary()


def the_hub() -> Hub:
    """Return the hub of the running event loop; a web process has one loop."""
    loop = asyncio.get_running_loop()
    if loop not in _hubs:
        _hubs[loop] = Hub(settings.VICTOR_REDIS_URL, database_sync_to_async(read_versions))
    return _hubs[loop]


class LiveConsumer(AsyncWebsocketConsumer):  # type: ignore[misc]
    """Signed-in pages only. Hints hold no data, so a topic needs no right; each fetch of a section is checked anyway."""

    _checked_at = 0.0

    async def connect(self) -> None:
        """Accept; tell a page without a session why it is sent away."""
        await self.accept()
        user = self.scope.get("user")
        self._checked_at = asyncio.get_running_loop().time()
        if user is None or not user.is_authenticated:
            await self.close(SIGNED_OUT)

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """Take `{"watch": {topic: version}}` and answer with what has moved since those versions."""
        held = parse_watch(text_data or "")
        if held is None:
            await self.close(NOT_UNDERSTOOD)
        elif not the_hub().has_room_for(self, settings.VICTOR_LIVE_PAGES):
            await self.close(TOO_MANY)
        else:
            the_hub().watch(self, frozenset(held))  # before reading: what moves meanwhile is then heard
            await self._answer(held)

    async def _answer(self, held: dict[str, int]) -> None:
        now = asyncio.get_running_loop().time()
        session = self.scope["session"].session_key if now - self._checked_at > TRUSTED_S else None
        current = await database_sync_to_async(read_for)(session, list(held))
        if current is None:
            await self.close(SIGNED_OUT)
            return
        self._checked_at = now
        await self.tell(say({topic: version for topic, version in current.items() if version != held[topic]}))

    async def tell(self, text: str) -> None:
        """Send one message as it is: past the layers that write text for one socket alone."""
        await self.base_send({"type": "websocket.send", "text": text})

    async def disconnect(self, code: int) -> None:
        """Leave the hub."""
        the_hub().leave(self)


def read_for(session: str | None, names: list[str]) -> dict[str, int] | None:
    """Return the versions of topics; None when `session` is given and nobody is signed in with it any more."""
    if session is not None:
        store = import_module(settings.SESSION_ENGINE).SessionStore(session)
        if not get_user(SimpleNamespace(session=store)).is_authenticated:  # type: ignore[arg-type]
            return None
    return read_versions(names)


def parse_watch(text: str) -> dict[str, int] | None:
    """Return the topics and versions a page sent; None when the message is malformed or asks for too much."""
    if len(text) > MAX_CHARACTERS:
        return None
    try:
        held = json.loads(text)["watch"]
    except (ValueError, TypeError, KeyError):
        return None
    return held if is_watch(held) else None


def is_watch(held: Any) -> bool:
    """Tell whether `held` maps at most 200 short topic names to whole numbers."""
    return (
        isinstance(held, dict)
        and len(held) <= MAX_TOPICS
        and all(
            isinstance(name, str) and 0 < len(name) <= 80 and type(version) is int for name, version in held.items()
        )
    )
