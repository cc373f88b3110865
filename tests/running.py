"""Starts the whole product as an operator would, for tests that watch real processes."""

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg

from victoros.ops.logs import last_words
from victoros.ops.processes import end_with_parent

WITH_MODEL = "with the embedded model"
ROOT = Path(__file__).resolve().parent.parent


@dataclass
class RunningVictor:
    """A started `up` and what it said."""

    process: subprocess.Popen[str]
    home: Path
    lines: list[str] = field(default_factory=list)
    reader: threading.Thread = field(default_factory=threading.Thread)

    def facts(self) -> dict[str, Any]:
        """Return run.json."""
        facts: dict[str, Any] = json.loads((self.home / "run.json").read_text())
        return facts

    @property
    def url(self) -> str:
        """Where its pages are."""
        return str(self.facts()["url"])

    def pid_of(self, name: str) -> int:
        """Return the pid of one of its processes; 0 while it is not running."""
        return next((int(entry["pid"]) for entry in self.facts()["processes"] if entry["name"] == name), 0)

    def wait_for_line(self, pattern: str, timeout_s: float = 60) -> str:
        """Return the first line it prints, or has printed, that matches."""
        deadline = time.monotonic() + timeout_s
        while self._find(pattern) is None and self.process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.02)
        line = self._find(pattern)
        web_log = last_words(self.home / "logs" / "web.log")
        assert line is not None, f"no line matches {pattern!r} in {self.lines}; the web process said: {web_log}"
        return line

    def _find(self, pattern: str) -> str | None:
        return next((line for line in self.lines if re.search(pattern, line)), None)

    def stop(self, number: signal.Signals = signal.SIGTERM, timeout_s: float = 15) -> int:
        """Send a signal and return the exit code."""
        self.process.send_signal(number)
        return self.wait(timeout_s)

    def wait(self, timeout_s: float = 15) -> int:
        """Wait for its end, read its last lines, and return the exit code."""
        code = self.process.wait(timeout_s)
        self.reader.join(timeout_s)
        return code


@contextmanager
def start_victor(home: Path, *options: str, **environment: str) -> Iterator[RunningVictor]:
    """Run `up` until the block ends; yields when it is ready."""
    victor = launch_victor(home, *options, **environment)
    try:
        victor.wait_for_line(r"^ready ")
        yield victor
    finally:
        if victor.process.poll() is None:
            victor.stop()


def launch_worker(home: Path, *options: str, **environment: str) -> RunningVictor:
    """Start `worker` and return at once. The environment names what it shares with others."""
    return _launch(["worker", "--home", str(home), *options], home, environment)


def launch_victor(home: Path, *options: str, **environment: str) -> RunningVictor:
    """Start `up` and return at once; without the embedded model unless `WITH_MODEL` is among the options."""
    chosen = (
        [option for option in options if option != WITH_MODEL] if WITH_MODEL in options else ["--no-model", *options]
    )
    return _launch(["up", "--home", str(home), "--port", "0", *chosen], home, _own_database() | environment)


def _launch(command: list[str], home: Path, environment: dict[str, str]) -> RunningVictor:
    process = subprocess.Popen(
        [sys.executable, "-m", "victoros.ops", *command],
        cwd=ROOT,
        env=_own_environment(environment),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        preexec_fn=end_with_parent(signal.SIGTERM),
    )
    victor = RunningVictor(process, home)
    victor.reader = threading.Thread(target=_collect, args=(victor,), daemon=True)
    victor.reader.start()
    return victor


def _own_environment(extra: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("VICTOR_")} | extra


def _own_database() -> dict[str, str]:
    server = os.environ.get("VICTOR_TEST_DATABASE_URL")
    return {"VICTOR_DATABASE_URL": make_database(server)} if server else {}


def make_database(server: str) -> str:
    """Make an empty PostgreSQL database and return its URL; it goes with the server of this test run."""
    name = f"victor_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}".encode())
    return f"{server.rsplit('/', 1)[0]}/{name}"


def _collect(victor: RunningVictor) -> None:
    assert victor.process.stdout is not None
    with victor.process.stdout as output:
        for line in output:
            victor.lines.append(line.rstrip("\n"))


def wait_until(is_true: Callable[[], object], timeout_s: float = 15, why: Callable[[], str] = str) -> None:
    """Look again and again until something is true; fail when it does not become so in time, and say `why`."""
    deadline = time.monotonic() + timeout_s
    while not is_true():
        assert time.monotonic() < deadline, f"did not happen within {timeout_s} s {why()}".rstrip()
        time.sleep(0.02)
