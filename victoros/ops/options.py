"""The options of `./victor up`."""

import argparse
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class UpOptions:
    """What the operator asked for."""

    host: str
    port: int
    home: Path
    cells: int | None
    """How many cell processes; None means the setting VICTOR_CELLS, which is 2 by default."""
    with_model: bool


def read_options(arguments: Sequence[str], root: Path) -> UpOptions:
    """Read the command line; wrong usage ends the process with code 2."""
    parser = argparse.ArgumentParser(
        prog="./victor up", description="Start everything in the foreground; Ctrl-C ends it."
    )
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: this machine only)")
    parser.add_argument(
        "--port", type=_port, default=8000, help="port of the pages (default: 8000; 0 picks a free one)"
    )
    parser.add_argument("--home", type=Path, help="folder for all state (default: VICTOR_HOME, else ./var)")
    parser.add_argument("--cells", type=_count, help="cell processes that drive agents (default: VICTOR_CELLS, else 2)")
    parser.add_argument("--no-model", action="store_true", help="do not start the embedded language model")
    found = parser.parse_args(arguments)
    home = found.home or Path(os.environ.get("VICTOR_HOME") or root / "var")
    return UpOptions(found.host, found.port, home.expanduser().absolute(), found.cells, not found.no_model)


def _port(text: str) -> int:
    if not text.isdecimal() or int(text) > 65535:
        raise argparse.ArgumentTypeError(f"{text!r} is not a port; use a number from 0 to 65535")
    return int(text)


def _count(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 64:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of cells; use 1 to 64")
    return int(text)
