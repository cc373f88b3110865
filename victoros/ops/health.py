"""Asks a server of this machine for its health without ever blocking the supervisor."""

import socket
import time
from contextlib import suppress

PAUSE_S = 0.1
PATIENCE_S = 15.0


class HealthProbe:
    """Repeats one GET until it is answered with 200."""

    def __init__(self, host: str, port: int, path: str, *, asked_for: str = "localhost", https: bool = False) -> None:
        """`asked_for` is the name a browser would use; `https` pretends to come through the proxy that ends TLS."""
        self.address = (host, port)
        lines = [f"GET {path} HTTP/1.1", f"Host: {asked_for}", "Connection: close"]
        self._request = "\r\n".join([*lines, *(["X-Forwarded-Proto: https"] if https else []), "", ""]).encode()
        self._connection: socket.socket | None = None
        self._asked_at = 0.0

    def succeeds(self) -> bool:
        """Go one step further; True as soon as the answer is 200."""
        if self._connection is None:
            if time.monotonic() - self._asked_at > PAUSE_S:
                self._ask()
            return False
        return self._read_answer()

    def close(self) -> None:
        """Give up the question under way."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _ask(self) -> None:
        self._asked_at = time.monotonic()
        with suppress(OSError):
            self._connection = socket.create_connection(self.address, timeout=1)
            self._connection.sendall(self._request)
            self._connection.setblocking(False)

    def _read_answer(self) -> bool:
        assert self._connection is not None
        try:
            answer = self._connection.recv(64)
        except BlockingIOError:
            if time.monotonic() - self._asked_at > PATIENCE_S:
                self.close()
            return False
        except OSError:
            answer = b""
        self.close()
        return answer.startswith((b"HTTP/1.1 200", b"HTTP/1.0 200"))
