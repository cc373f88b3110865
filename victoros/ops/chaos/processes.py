"""The processes a fault run starts and torments: a crew of workers, the web, the outside."""

import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from victoros.lib.errors import Category, VictorError
from victoros.ops.crew import FACTS
from victoros.ops.listening import pick_free_port
from victoros.ops.processes import end_with_parent, send

ROOT = Path(__file__).resolve().parents[3]
CALM_S = {"VICTOR_RECONCILE_S": "0.5"}


class ChaosFailed(VictorError):
    """The run itself could not be carried out; it says nothing about the engine."""

    category = Category.SYSTEM


@dataclass
class Crew:
    """The supervisor of real workers and a scheduler, under a home of its own."""

    home: Path
    process: subprocess.Popen[bytes]

    def pid_of(self, name: str) -> int:
        """Return the pid of one of its processes (`cell-1`, `scheduler`); 0 while there is none."""
        try:
            return int(json.loads((self.home / FACTS).read_text()).get(name, 0))
        except FileNotFoundError:
            return 0

    def stop(self, timeout_s: float = 30) -> float:
        """End it in order, as Ctrl-C does; returns the seconds it took."""
        began = time.monotonic()
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(timeout_s)
        return time.monotonic() - began


def start_crew(home: Path, cells: int, environment: dict[str, str]) -> Crew:
    """Start workers and a scheduler that know the programs of fault runs."""
    home.mkdir(exist_ok=True)
    command = [sys.executable, "-m", "victoros.ops.crew", "--cells", str(cells)]
    with open(home / "crew.log", "ab") as log:
        process = subprocess.Popen(
            [*command, "--import", "victoros.ops.chaos.programs"],
            cwd=ROOT,
            env={**os.environ, **CALM_S, "VICTOR_HOME": str(home), **environment},
            stdout=log,
            stderr=log,
            preexec_fn=end_with_parent(signal.SIGTERM),
        )
    return Crew(home, process)


class Web:
    """A web process that can be killed and started again on its port."""

    def __init__(self, home: Path, environment: dict[str, str] | None = None) -> None:
        self._home, self._environment, self._port = home, environment or {}, pick_free_port()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Where its pages are."""
        return f"http://127.0.0.1:{self._port}"

    def start(self) -> None:
        """Start it and wait until it answers."""
        command = [sys.executable, "-m", "daphne", "-b", "127.0.0.1", "-p", str(self._port)]
        with open(self._home / "web.log", "ab") as log:
            self._process = subprocess.Popen(
                [*command, "victoros.asgi:application"], cwd=ROOT, env={**os.environ, **self._environment},
                stdout=log, stderr=log, preexec_fn=end_with_parent(signal.SIGKILL),
            )  # fmt: skip
        await_true(lambda: _answers(f"{self.url}/healthz"), 30, "the web process did not start")

    def kill(self) -> None:
        """Kill it at once."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    @contextmanager
    def running(self) -> Iterator["Web"]:
        """Run it until the block ends."""
        try:
            self.start()
            yield self
        finally:
            self.kill()


@contextmanager
def running_web(home: Path, environment: dict[str, str]) -> Iterator[str]:
    """Run the web process until the block ends; yields its URL once it answers."""
    with Web(home, environment).running() as web:
        yield web.url


@contextmanager
def running_outside(folder: Path, latency_s: float, host: str = "127.0.0.1") -> Iterator[str]:
    """Run the language model and receiver of effects until the block ends; yields its URL."""
    command = [sys.executable, "-m", "victoros.ops.chaos.outside", "--folder", str(folder)]
    with open(folder / "outside.log", "ab") as log:
        process = subprocess.Popen(
            [*command, "--latency-ms", str(latency_s * 1000), "--host", host],
            cwd=ROOT, stdout=subprocess.PIPE, stderr=log, text=True, preexec_fn=end_with_parent(signal.SIGKILL),
        )  # fmt: skip
    try:
        assert process.stdout is not None
        said = process.stdout.readline().split()
        if not said:
            raise ChaosFailed("The outside does not start.", hint=f"See {folder / 'outside.log'}.")
        yield said[-1]
    finally:
        process.kill()
        process.wait()


def kill(*pids: int) -> None:
    """Kill processes at once, those that live."""
    for pid in pids:
        if pid:
            send(pid, signal.SIGKILL)


def fetch_json(url: str, body: dict[str, Any]) -> dict[str, Any]:
    """Post a JSON document and return the answer."""
    request = urllib.request.Request(url, json.dumps(body).encode(), {"Content-Type": "application/json"})  # nosec B310
    with urllib.request.urlopen(request, timeout=10) as answer:  # nosec B310: the run's own server
        found: dict[str, Any] = json.load(answer)
    return found


def await_true(is_true: Callable[[], object], timeout_s: float, otherwise: str, look_s: float = 0.02) -> None:
    """Look again and again until something is true; raise `ChaosFailed` when it does not become so."""
    deadline = time.monotonic() + timeout_s
    while not is_true():
        if time.monotonic() > deadline:
            raise ChaosFailed(f"After {timeout_s:.0f} s {otherwise}.")
        time.sleep(look_s)


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:  # nosec B310: the run's own server
            return bool(answer.status == 200)
    except OSError:
        return False
