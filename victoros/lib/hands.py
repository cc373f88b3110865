"""What a process has in hand, in memory that outlives it: a small mapped file that whoever buries the process reads.

The kernel keeps what was written to the mapping whatever ended the process, and marking costs one store. It knows numbers and names
only; what they mean is the writer's business.
"""

import logging
import mmap
import os
import struct
import time
from collections.abc import Callable, Coroutine, Generator, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from victoros.lib.host import host_of

log = logging.getLogger(__name__)

FOLDER = "cells"
"""Below the home."""
THREADS = 16
"""Places for work in threads, beside the one of the event loop."""
STALE_S = 86_400
"""Files of earlier boots of the system are removed after this time."""
_MAGIC = b"victor1\n"
_HEAD = struct.Struct("<8sQQq96s")
_PLACE = struct.Struct("<Q56s")
_SIZE = _HEAD.size + _PLACE.size * (1 + THREADS)
_LOOP = _HEAD.size // 8
"""Where the event loop's number is, counted in numbers."""
_STATUS_AT, _NOTE_AT = 24, _HEAD.size - 96
_NO_STATUS = -1


@dataclass(frozen=True)
class Leaving:
    """What a process that ended had in hand, and how it ended."""

    owner: int
    """Number of whom the process was: the cell's id."""
    pid: int
    status: int | None = None
    """As `waitpid` tells it; None when nobody saw it end."""
    note: str = ""
    """Why it ended itself."""
    in_hand: dict[int, str] = field(default_factory=dict)
    """What was executing, by number, with its name; an empty name is the event loop's."""

    def as_dict(self) -> dict[str, Any]:
        """Return plain data for a report."""
        return asdict(self)

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> "Leaving":
        """Read a report; raises `KeyError`, `TypeError` or `ValueError` when it is none."""
        hand = {int(number): str(name) for number, name in dict(data["in_hand"]).items()}
        status = None if data["status"] is None else int(data["status"])
        return cls(int(data["owner"]), int(data["pid"]), status, str(data["note"]), hand)


class Hands:
    """The marks of one living process. A home that cannot be written costs the marks, not the process."""

    def __init__(self, home: Path, owner: int) -> None:
        self._path = _folder(home) / _name(home, os.getpid(), owner)
        self._memory = _map(self._path)
        _HEAD.pack_into(self._memory, 0, _MAGIC, owner, os.getpid(), _NO_STATUS, b"")
        self._numbers = memoryview(self._memory).cast("Q")
        self._free = list(range(THREADS, 0, -1))

    @property
    def on_loop(self) -> int:
        """What the event loop executes just now; 0 for nothing of anybody's."""
        return self._numbers[_LOOP]

    def watch(self, number: int, coroutine: Coroutine[Any, Any, Any]) -> "InHand":
        """Return a coroutine that marks its number whenever it executes."""
        return InHand(self._numbers, number, coroutine)

    @contextmanager
    def in_thread(self, number: int, name: str) -> Iterator[None]:
        """Mark a piece of work in a thread while the block lasts. Safe from any thread."""
        try:
            place = self._free.pop()
        except IndexError:
            yield
            return
        _PLACE.pack_into(self._memory, _at(place), number, name.encode()[:56])
        try:
            yield
        finally:
            _PLACE.pack_into(self._memory, _at(place), 0, b"")
            self._free.append(place)

    @property
    def in_threads(self) -> int:
        """Return how many pieces of work are in threads, of those that found a place for their mark."""
        return THREADS - len(self._free)

    def note(self, why: str) -> None:
        """Leave word why the process is about to end itself."""
        struct.pack_into("96s", self._memory, _NOTE_AT, why.encode()[:96])

    def remove(self) -> None:
        """Take the file away: the process ends in order."""
        self._path.unlink(missing_ok=True)


class InHand(Coroutine[Any, Any, Any]):
    """A coroutine that marks its number each time it goes on and unmarks it each time it waits."""

    __slots__ = ("_inner", "_number", "_numbers")

    def __init__(self, numbers: memoryview, number: int, inner: Coroutine[Any, Any, Any]) -> None:
        self._numbers, self._number, self._inner = numbers, number, inner

    def send(self, value: Any) -> Any:
        """Go on."""
        self._numbers[_LOOP] = self._number
        try:
            return self._inner.send(value)
        finally:
            self._numbers[_LOOP] = 0

    def throw(self, *error: Any) -> Any:
        """Go on with an error."""
        self._numbers[_LOOP] = self._number
        try:
            return self._inner.throw(*error)
        finally:
            self._numbers[_LOOP] = 0

    def close(self) -> None:
        """End without going on."""
        self._inner.close()

    def __await__(self) -> Generator[Any, Any, Any]:
        return self._inner.__await__()


def note_end(home: Path, pid: int, status: int) -> None:
    """Write beside a process's marks how it ended, for whoever buries it. Who saw it first is right."""
    for path in _files_of(home, pid):
        left = _read(path)
        if left is not None and left.status is None:
            _write(path, _STATUS_AT, struct.pack("<q", status))


def leave_word(home: Path, pid: int, why: str) -> None:
    """Write beside a process's marks why it is about to be ended; its own word stays."""
    for path in _files_of(home, pid):
        left = _read(path)
        if left is not None and not left.note:
            _write(path, _NOTE_AT, why.encode()[:96])


def _write(path: Path, place: int, raw: bytes) -> None:
    with suppress(OSError), open(path, "r+b") as file:
        file.seek(place)
        file.write(raw)


def read_leavings(home: Path, pid: int) -> list[Leaving]:
    """Return what a process left behind: one for each owner it was; empty when nothing is known."""
    return [left for path in _files_of(home, pid) if (left := _read(path)) is not None]


def forget_leavings(home: Path, pid: int, owner: int) -> None:
    """Remove the marks of a process that was buried."""
    (_folder(home) / _name(home, pid, owner)).unlink(missing_ok=True)


def sweep(home: Path, living: Callable[[], set[int]]) -> int:
    """Remove marks of owners that do not live any more, and of earlier boots; returns how many.

    `living` is asked after the files were listed: one that begins meanwhile keeps its own.
    """
    mark, old, removed = _mark(home), time.time() - STALE_S, 0
    found = list(_folder(home).glob("*.*.*"))
    alive = living() if found else set()
    for path in found:
        theirs, _, owner = path.name.split(".", 2)
        with suppress(OSError):
            gone = theirs == mark and owner.isdigit() and int(owner) not in alive
            if gone or (theirs != mark and path.stat().st_mtime < old):
                path.unlink()
                removed += 1
    return removed


def _read(path: Path) -> Leaving | None:
    try:
        raw = path.read_bytes()
        magic, owner, pid, status, note = _HEAD.unpack_from(raw)
        places = [_PLACE.unpack_from(raw, _at(place)) for place in range(1 + THREADS)]
    except (OSError, struct.error) as error:
        log.warning("%s cannot be read: %s", path, error)
        return None
    if magic != _MAGIC:
        return None
    hand = {number: _text(name) for number, name in places if number}
    return Leaving(owner, pid, None if status == _NO_STATUS else status, _text(note), hand)


def _text(raw: bytes) -> str:
    return raw.rstrip(b"\0").decode(errors="replace")


def _map(path: Path) -> mmap.mmap:
    """Map a file whose blocks are there: a store into a hole of a full disk would be the process's end."""
    try:
        path.parent.mkdir(mode=0o700, exist_ok=True)
        with open(path, "w+b") as file:
            os.posix_fallocate(file.fileno(), 0, _SIZE)
            return mmap.mmap(file.fileno(), _SIZE)
    except OSError as error:
        log.warning("%s cannot be made; should this process die, nobody knows at what: %s", path, error)
        with suppress(OSError):
            path.unlink(missing_ok=True)
        return mmap.mmap(-1, _SIZE)


def _at(place: int) -> int:
    return _HEAD.size + place * _PLACE.size


def _folder(home: Path) -> Path:
    return home / FOLDER


def _name(home: Path, pid: int, owner: int) -> str:
    return f"{_mark(home)}.{pid}.{owner}"


def _mark(home: Path) -> str:
    return host_of(home).rpartition("/")[2]


def _files_of(home: Path, pid: int) -> list[Path]:
    return sorted(_folder(home).glob(f"{_mark(home)}.{pid}.*"))
