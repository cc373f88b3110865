"""The log files of the supervised processes: read for the last word, and kept from filling the disk."""

import shutil
from pathlib import Path

LIMIT_BYTES = 5_000_000


def bound_log(path: Path, limit_bytes: int = LIMIT_BYTES) -> None:
    """Move what a log holds to `<name>.1` once it is too long.

    The file is emptied in place: its writers append through descriptors that they keep open.
    """
    if path.exists() and path.stat().st_size > limit_bytes:
        shutil.copyfile(path, path.with_suffix(".log.1"))
        with open(path, "r+b") as log:
            log.truncate(0)


def last_words(path: Path) -> str:
    """Return the last line of a log that is not empty, for the one line an operator sees; at most 200 characters."""
    try:
        with open(path, "rb") as log:
            log.seek(max(0, path.stat().st_size - 4096))
            lines = log.read().decode(errors="replace").splitlines()
    except OSError:
        return ""
    spoken = [line.strip() for line in lines if line.strip()]
    return spoken[-1][:200] if spoken else ""
