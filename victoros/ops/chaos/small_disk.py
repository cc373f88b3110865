"""A disk of a fault run's own that is small enough to be filled up. Needs root: it is mounted."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from victoros.ops.chaos.processes import ChaosFailed

PIECE = b"\0" * 65_536


class SmallDisk:
    """A mounted folder and the ballast that takes its room."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._ballast = folder / "ballast"

    def fill(self) -> None:
        """Take all the room that is left."""
        with suppress(OSError), open(self._ballast, "ab", buffering=0) as file:
            while True:
                file.write(PIECE)

    def free(self) -> None:
        """Give the room back."""
        self._ballast.unlink(missing_ok=True)


@contextmanager
def mounted_disk(folder: Path, size_mb: int, owner: str | None) -> Iterator[SmallDisk]:
    """Mount a disk in memory until the block ends. `owner` is the user who may write there beside us."""
    folder.mkdir()
    try:
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size_mb}m", "none", str(folder)], check=True)
    except (OSError, subprocess.CalledProcessError) as error:
        raise ChaosFailed("A small disk cannot be mounted.", hint="This run needs root and Linux.") from error
    try:
        if owner and os.geteuid() == 0:
            shutil.chown(folder, owner)
        yield SmallDisk(folder)
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=False)
