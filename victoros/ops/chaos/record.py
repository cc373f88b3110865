"""Records kept outside the database, one JSON object a line: what was accepted, asked, delivered, and done to the system."""

import json
import os
import time
from pathlib import Path
from typing import Any

Line = dict[str, Any]


class Record:
    """A file that several processes append to; a line is whole or not there."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def add(self, **facts: Any) -> float:
        """Write one line; returns its time in seconds since 1970."""
        at = time.time()
        os.write(self._handle, (json.dumps({"at": at, **facts}) + "\n").encode())
        return at


def read_record(path: Path) -> list[Line]:
    """Return the lines in the order they were written; none if nothing was."""
    if not path.exists():
        return []
    return [json.loads(line) for line in path.read_text().splitlines()]
