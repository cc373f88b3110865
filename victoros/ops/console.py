"""One line per event on standard output: time, process, message. Colour only on a terminal that wants it."""

import os
import sys
import time
from typing import TextIO

DIM, BOLD, RED, PLAIN = "\x1b[2m", "\x1b[1m", "\x1b[31m", "\x1b[0m"


class Console:
    """Writes the lines of `up`; a reader that went away must never end the supervisor."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self.stream = stream or sys.stdout
        self.is_coloured = self.stream.isatty() and "NO_COLOR" not in os.environ

    def event(self, process: str, message: str, *, alarm: bool = False) -> None:
        """Write that something happened to a process."""
        clock = self._paint(time.strftime("%H:%M:%S"), DIM)
        self._write(f"{clock}  {self._paint(f'{process:<10}', BOLD)} {self._paint(message, RED if alarm else '')}")

    def say(self, text: str) -> None:
        """Write one line as it is."""
        self._write(self._paint(text, BOLD))

    def _paint(self, text: str, colour: str) -> str:
        return f"{colour}{text}{PLAIN}" if self.is_coloured and colour else text

    def _write(self, line: str) -> None:
        try:
            print(line, file=self.stream, flush=True)
        except (BrokenPipeError, OSError):
            self.stream = open(os.devnull, "w")  # noqa: SIM115 - stays open for the rest of this process
