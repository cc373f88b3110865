"""A real web process (daphne) on the test database, which tests can end and start again on the same port."""

import os
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.db import connection

from tests.running import ROOT, wait_until
from victoros.ops.processes import end_with_parent


@dataclass
class WebProcess:
    """A web process; `url` stays the same over restarts."""

    port: int
    log: Path
    redis_url: str
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Where its pages are."""
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start it and wait until it answers."""
        command = [sys.executable, "-m", "daphne", "-b", "127.0.0.1", "-p", str(self.port), "victoros.asgi:application"]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                command,
                cwd=ROOT,
                env={**os.environ, "VICTOR_DATABASE_URL": database_url(), "VICTOR_REDIS_URL": self.redis_url},
                stdout=log,
                stderr=log,
                preexec_fn=end_with_parent(signal.SIGKILL),
            )
        wait_until(self.answers, 30)

    def stop(self) -> None:
        """Kill it."""
        if self.process is not None:
            self.process.kill()
            self.process.wait(10)
            self.process = None

    def answers(self) -> bool:
        """Tell whether it serves pages."""
        try:
            with urllib.request.urlopen(f"{self.url}/healthz", timeout=5) as answer:
                return bool(answer.status == 200)
        except (urllib.error.URLError, OSError):
            return False


def database_url() -> str:
    """Return the address of the database that this test uses."""
    found = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{found['NAME']}"
    where = f"{found['HOST']}:{found['PORT']}" if found["PORT"] else found["HOST"].replace("/", "%2F")
    return f"postgres://{found['USER']}:{found['PASSWORD']}@{where}/{found['NAME']}"


def free_port() -> int:
    """Return a port that nothing listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@contextmanager
def run_web(folder: Path, redis_url: str = "") -> Iterator[WebProcess]:
    """Run a web process until the block ends."""
    web = WebProcess(free_port(), folder / "web.log", redis_url or settings.VICTOR_REDIS_URL)
    web.start()
    try:
        yield web
    finally:
        web.stop()
