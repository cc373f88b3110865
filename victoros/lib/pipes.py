"""Output that nobody reads any more: whoever reads what a command says may have seen enough, as `| head` has."""

import os
import sys
from collections.abc import Callable


def run_to_its_reader(run: Callable[[], int]) -> int:
    """Run a command and see its output off; returns its exit code, or 1 without a word when the reader has gone."""
    try:
        return _run_and_flush(run)
    except BrokenPipeError:
        # What is still to be written goes nowhere, or the interpreter complains about it as it ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1


def _run_and_flush(run: Callable[[], int]) -> int:
    try:
        code = run()
    except SystemExit:  # so a parser ends that has printed its help
        _flush()
        raise
    _flush()
    return code


def _flush() -> None:
    if sys.stdout is not None:  # a shell's `>&-` leaves a process without one
        sys.stdout.flush()
