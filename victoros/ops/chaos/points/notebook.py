"""What happens outside the database in one schedule, as lines of JSON that any of its processes appends."""

import json
import os
import time
from pathlib import Path
from typing import Any

Line = dict[str, Any]
TRACE, MODEL, ACTS, WRITES = "trace", "model", "acts", "writes"


class Notebook:
    """The folder of one schedule. A line is written with one call, so that a kill leaves it whole or absent."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.cell_id = 0
        """The cell this process is, for lines written by what it drives."""

    def add(self, name: str, **facts: Any) -> None:
        """Append a line to one of the records."""
        line = {"at": time.time(), "pid": os.getpid(), "cell": self.cell_id, **facts}
        handle = os.open(self.folder / name, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        os.write(handle, (json.dumps(line) + "\n").encode())
        os.close(handle)

    def read(self, name: str) -> list[Line]:
        """Return the lines of a record, oldest first."""
        path = self.folder / name
        return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []

    def is_healed(self) -> bool:
        """Tell whether a person has removed what kills."""
        return (self.folder / "healed").exists()

    def heal(self) -> None:
        """Remove what kills."""
        (self.folder / "healed").touch()


OPEN = Notebook(Path("/nonexistent"))
"""The notebook of this process; a life opens it at its folder."""
