"""Finds the Python that `.venv` is made with. Standard library only."""

import subprocess
import sys
from shutil import which

NEWEST = (3, 13)
"""The lock files are made for 3.11 and were installed and tried up to this version."""


class CannotInstall(Exception):
    """The packages cannot be installed; the text is one line that says why and what to do."""


def choose_python() -> str:
    """Return the path of the Python to use: 3.11 first, then the one that runs this, then other suitable ones."""
    running = [sys.executable] if sys.version_info[:2] <= NEWEST else []
    candidates = list(filter(None, [which("python3.11"), *running, which("python3.12"), which("python3.13")]))
    working = [python for python in candidates if starts_with(python, "import venv")]
    if not working:
        raise CannotInstall(
            f"Victor.os needs Python 3.11, 3.12 or 3.13; this is {sys.version_info[0]}.{sys.version_info[1]}. "
            "Install one of them and run the same command again."
        )
    for python in working:
        if starts_with(python, "import ensurepip"):
            return python
    raise CannotInstall(f"{working[0]} cannot make virtual environments: ensurepip is missing. {advise(working[0])}")


def starts_with(python: str, statement: str) -> bool:
    """Tell whether the Python starts and the statement works; version managers leave shims that only print an error."""
    done = subprocess.run([python, "-c", statement], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return done.returncode == 0


def advise(python: str) -> str:
    """Name the package that brings ensurepip."""
    ask = "import sys; print('%d.%d' % sys.version_info[:2])"
    version = subprocess.run([python, "-c", ask], capture_output=True, text=True).stdout.strip()
    return f"On Debian and Ubuntu: apt-get install python{version}-venv. Then run the same command again."
