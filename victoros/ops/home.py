"""The state folder of one running Victor.os: who holds it, what runs there, and where the logs are."""

import fcntl
import json
import os
import shutil
import tempfile
from pathlib import Path
from typing import Any, TextIO

from victoros.lib.env import read_run_facts
from victoros.lib.errors import Category, VictorError

NEEDED_MB = 100
LONGEST_SOCKET_PATH = 100
"""Unix sockets allow 107 bytes on Linux and 103 on macOS."""


class HomeRefused(VictorError):
    """The state folder cannot be used; nothing was started."""

    category = Category.RESOURCE


class Home:
    """A state folder that this process may write and holds alone."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.logs = path / "logs"
        self.lock = self._open()
        try:
            self._check_disk()
            self._claim()
        except HomeRefused:
            self.lock.close()
            raise

    def _open(self) -> TextIO:
        try:
            self.path.mkdir(parents=True, exist_ok=True, mode=0o700)
            for folder in (self.logs, self.path / "static"):
                folder.mkdir(exist_ok=True, mode=0o700)
            return open(self.path / "up.lock", "a+")
        except OSError as error:
            raise HomeRefused(
                f"Cannot write the state folder {self.path}: {error.strerror}.",
                hint="Make it writable, or name another one with --home DIR.",
            ) from error

    def _check_disk(self) -> None:
        free_mb = shutil.disk_usage(self.path).free // 1_000_000
        if free_mb < NEEDED_MB:
            raise HomeRefused(
                f"The disk of {self.path} is full: {free_mb} MB are free, at least {NEEDED_MB} MB are needed.",
                hint="Free some space, or name a folder on another disk with --home DIR.",
            )

    def _claim(self) -> None:
        try:
            fcntl.flock(self.lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            facts = read_run_facts(self.path)
            where = f" ({facts['url']}, process {facts['pid']})" if facts.get("url") else ""
            raise HomeRefused(
                f"Victor.os already runs on {self.path}{where}.", hint="Use that one, or name another --home DIR."
            ) from error

    def read_facts(self) -> dict[str, Any]:
        """Return what the present or the previous `up` wrote about itself."""
        return read_run_facts(self.path)

    def write_facts(self, facts: dict[str, Any]) -> None:
        """Replace run.json in one move, so that a reader never sees half of it. It may hold passwords of servers."""
        fresh = self.path / "run.json.new"
        fresh.touch(mode=0o600)
        fresh.write_text(json.dumps(facts, indent=1))
        fresh.replace(self.path / "run.json")

    def forget_facts(self) -> None:
        """Say that nothing runs here any more."""
        (self.path / "run.json").unlink(missing_ok=True)

    def log_of(self, process: str) -> Path:
        """Return where a process writes what it has to say."""
        return self.logs / f"{process}.log"

    def socket_of(self, process: str) -> Path:
        """Return the path of a Unix socket, in a private temporary folder if the home's own path is too long for one."""
        path = self.path / process / f"{process}.sock"
        if len(os.fsencode(path)) > LONGEST_SOCKET_PATH:
            path = Path(tempfile.mkdtemp(prefix="victor-")) / f"{process}.sock"
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        return path
