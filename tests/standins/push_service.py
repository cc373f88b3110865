"""A push service on loopback: takes what is posted, opens it with the device's private keys, and answers as it is told to."""

import base64
import json
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import http_ece
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from py_vapid import Vapid02

from audit.notifications.targets import Target


def encode(raw: bytes) -> str:
    """Return base64url without padding."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


@dataclass
class Received:
    """One request."""

    path: str
    headers: dict[str, str]
    body: bytes
    message: dict[str, Any] = field(default_factory=dict)
    """What was inside, opened; empty when it was not encrypted to a device of ours."""


@dataclass
class Handset:
    """A device: its private keys stay here."""

    name: str
    url: str
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    auth: bytes = field(default_factory=lambda: os.urandom(16))

    @property
    def target(self) -> Target:
        """Where it is reached."""
        point = self.key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        return Target(f"{self.url}/{self.name}", encode(point), encode(self.auth))

    def as_browser_says(self) -> dict[str, Any]:
        """Return the subscription as a browser's JSON."""
        target = self.target
        return {"endpoint": target.endpoint, "keys": {"p256dh": target.p256dh, "auth": target.auth}}


class PushService:
    """See the module."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.received: list[Received] = []
        self.answers: dict[str, list[tuple[int, dict[str, str]]]] = {}
        self.handsets: dict[str, Handset] = {}
        self.lock = threading.Lock()

    def handset(self, name: str = "phone") -> Handset:
        """Make a device."""
        self.handsets[name] = Handset(name, self.url)
        return self.handsets[name]

    def answer(self, name: str, *codes: int, **headers: str) -> None:
        """Answer the next posts to this device with these codes; the last one holds."""
        self.answers[name] = [(code, headers) for code in codes]

    def messages(self, name: str = "phone") -> list[dict[str, Any]]:
        """Return what reached a device, opened."""
        return [one.message for one in self.received if one.path == f"/{name}"]

    def take(self, path: str, headers: dict[str, str], body: bytes) -> tuple[int, dict[str, str]]:
        """Keep one post and return the answer to it."""
        with self.lock:
            name = path.strip("/")
            said = self.answers.get(name) or [(201, {})]
            code, more = said.pop(0) if len(said) > 1 else said[0]
            message = self._open(name, headers, body)
            if 200 <= code < 300 or name not in self.handsets:
                self.received.append(Received(path, headers, body, message))
            return code, more

    def _open(self, name: str, headers: dict[str, str], body: bytes) -> dict[str, Any]:
        handset = self.handsets.get(name)
        if handset is None:
            return {}
        assert headers["Content-Encoding"] == "aes128gcm"
        assert Vapid02.verify(headers["Authorization"])
        text = http_ece.decrypt(body, private_key=handset.key, auth_secret=handset.auth, version="aes128gcm")
        message: dict[str, Any] = json.loads(text)
        return message


@contextmanager
def run_push_service() -> Iterator[PushService]:
    """Run one until the block ends."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            code, headers = service.take(self.path, dict(self.headers), body)
            self.send_response(code)
            for key, value in headers.items():
                self.send_header(key.replace("_", "-"), value)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *arguments: Any) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        service = PushService(f"http://127.0.0.1:{server.server_address[1]}")
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield service
        finally:
            server.shutdown()
            thread.join()
