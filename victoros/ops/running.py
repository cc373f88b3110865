"""What runs of the supervisor have in common: a start that can be broken off, a stay, and an end in order."""

import gc
import os
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil

from victoros.ops.console import Console
from victoros.ops.django_setup import load_django, load_shared_modules
from victoros.ops.home import Home
from victoros.ops.leftovers import end_leftovers
from victoros.ops.messenger import Messenger
from victoros.ops.signals import Signals
from victoros.ops.supervisor import Supervisor

ROOT = Path(__file__).resolve().parents[2]


class StopAsked(Exception):
    """The operator asked for the end before everything was up."""


class SupervisedRun(ABC):
    """One run of processes in a home. What it consists of is `start`."""

    command = ""
    """What was typed; the console names it."""

    def __init__(self, home: Home, console: Console, signals: Signals, redis_url: str) -> None:
        self.home, self.console, self.redis_url = home, console, redis_url
        self.supervisor = Supervisor(home, console, signals, Messenger(redis_url, home.path))
        self.supervisor.on_change = self.write_facts

    def run(self) -> None:
        """Start, stay, and end in order whatever happens."""
        try:
            self.start()
            self.stay()
        except StopAsked:
            self.console.event(self.command, "stopped before it was ready")
        finally:
            self.end()

    @abstractmethod
    def start(self) -> None:
        """Bring everything up, each part when what it needs is there."""

    def stay(self) -> None:
        """Look after everything until somebody asks for the end."""
        while not self.supervisor.is_stopping:
            self.supervisor.tick()

    def load(self) -> None:
        """Load what all processes share before they are forked, and spare it the collector."""
        gc.disable()
        load_django()
        if trouble := load_shared_modules():
            self.console.event(self.command, f"cannot load everything in advance: {trouble}", alarm=True)

    def tick_until(self, is_there: Callable[[], bool], every_s: float) -> None:
        """Look after everything until something has come about. There is no deadline: a slow machine is not an error, and what
        dies is told."""
        while not is_there():
            self.supervisor.tick(every_s)
            self.check_stop()

    def check_stop(self) -> None:
        """Leave the start if the operator asked for the end."""
        if self.supervisor.is_stopping:
            raise StopAsked

    def end(self) -> None:
        """Stop all processes and say that nothing runs here any more."""
        if self.supervisor.is_stopping:
            self.console.event(self.command, "stopping")
        self.supervisor.stop_all()
        self.home.forget_facts()
        if self.supervisor.is_stopping:
            self.console.event(self.command, "stopped; nothing was lost")

    def write_facts(self) -> None:
        """Note what runs, for other commands and for the next start."""
        self.home.write_facts(self.describe())

    def describe(self) -> dict[str, Any]:
        """Return what other commands must know to find this run and its servers."""
        watched = self.supervisor.watched.values()
        processes = [{"name": w.service.name, "pid": w.pid, "begun": w.begun} for w in watched if w.pid]
        addresses = {"redis_url": self.redis_url, "llm_url": os.environ.get("VICTOR_LLM_URL", "")}
        if named := os.environ.get("VICTOR_DATABASE_URL"):
            addresses["database_url"] = named
        written_at = datetime.now(UTC).isoformat()
        return {"pid": os.getpid(), "url": "", **addresses, "written_at": written_at, "processes": processes}


def clear_home(command: str, home: Home, console: Console) -> None:
    """End what a killed supervisor left running in this home, and forget that it ran."""
    if ended := end_leftovers(home.read_facts()):
        console.event(command, f"ended {ended} processes that a killed supervisor left")
    home.forget_facts()


def age_of_this_process() -> float:
    """Return the seconds since the command was typed: the launcher became this process."""
    return time.time() - psutil.Process().create_time()
