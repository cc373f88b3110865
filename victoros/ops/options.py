"""The options of `./victor up` and `./victor worker`."""

import argparse
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

MOST_CELLS = 64


@dataclass(frozen=True)
class UpOptions:
    """What the operator asked for."""

    host: str
    port: int
    home: Path
    cells: int | None
    """How many cell processes; None means the setting VICTOR_CELLS, which is 2 by default. With 0 other hosts work."""
    with_model: bool


@dataclass(frozen=True)
class WorkerOptions:
    """What the operator of a host without pages asked for."""

    home: Path
    cells: int | None
    """How many cell processes; None means the setting VICTOR_CELLS, which is 2 by default."""


def read_options(arguments: Sequence[str], root: Path) -> UpOptions:
    """Read the command line; wrong usage ends the process with code 2."""
    parser = argparse.ArgumentParser(
        prog="./victor up", description="Start everything in the foreground; Ctrl-C ends it."
    )
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: this machine only)")
    parser.add_argument(
        "--port", type=_port, default=8000, help="port of the pages (default: 8000; 0 picks a free one)"
    )
    _add_home(parser)
    parser.add_argument(
        "--cells",
        type=_count_or_none,
        help="cell processes that drive agents (default: VICTOR_CELLS, else 2); 0 leaves the work to other hosts",
    )
    parser.add_argument("--no-model", action="store_true", help="do not start the embedded language model")
    found = parser.parse_args(arguments)
    return UpOptions(found.host, found.port, _home(found, root), found.cells, not found.no_model)


def read_worker_options(arguments: Sequence[str], root: Path) -> WorkerOptions:
    """Read the command line; wrong usage ends the process with code 2."""
    parser = argparse.ArgumentParser(
        prog="./victor worker",
        description="Work for a Victor.os whose pages are on another host; Ctrl-C ends it. Needs VICTOR_DATABASE_URL "
        "(PostgreSQL), VICTOR_REDIS_URL and VICTOR_SECRET_KEY, the same as there.",
    )
    _add_home(parser)
    parser.add_argument("--cells", type=_count, help="cell processes that drive agents (default: VICTOR_CELLS, else 2)")
    found = parser.parse_args(arguments)
    return WorkerOptions(_home(found, root), found.cells)


def _add_home(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--home", type=Path, help="folder for all state (default: VICTOR_HOME, else ./var)")


def _home(found: argparse.Namespace, root: Path) -> Path:
    home: Path = found.home or Path(os.environ.get("VICTOR_HOME") or root / "var")
    return home.expanduser().absolute()


def _port(text: str) -> int:
    if not text.isdecimal() or int(text) > 65535:
        raise argparse.ArgumentTypeError(f"{text!r} is not a port; use a number from 0 to 65535")
    return int(text)


def _count(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= MOST_CELLS:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of cells; use 1 to {MOST_CELLS}")
    return int(text)


def _count_or_none(text: str) -> int:
    return 0 if text == "0" else _count(text)
