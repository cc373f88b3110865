"""The websocket addresses, and who may open one: a page of this very site."""

from typing import Any
from urllib.parse import urlsplit

from channels.auth import AuthMiddlewareStack
from channels.routing import URLRouter
from channels.security.websocket import WebsocketDenier
from django.conf import settings
from django.http.request import split_domain_port, validate_host
from django.urls import path

from victoros.consumers import LiveConsumer


class SameOrigin:
    """Deny the handshake unless `Origin` is the host that was called, and that host is one of ours."""

    def __init__(self, inner: Any) -> None:
        self._inner = inner

    async def __call__(self, scope: Any, receive: Any, send: Any) -> Any:
        """Pass on or deny."""
        headers = dict(scope["headers"])
        chosen = self._inner if _is_ours(headers) else WebsocketDenier()
        return await chosen(scope, receive, send)


def _is_ours(headers: dict[bytes, bytes]) -> bool:
    host = headers.get(b"host", b"").decode("latin-1").lower()
    origin = headers.get(b"origin", b"").decode("latin-1").lower()
    if not validate_host(split_domain_port(host)[0], settings.ALLOWED_HOSTS):
        return False
    return urlsplit(origin).netloc == host or origin in settings.CSRF_TRUSTED_ORIGINS


websockets = SameOrigin(AuthMiddlewareStack(URLRouter([path("live/", LiveConsumer.as_asgi())])))
