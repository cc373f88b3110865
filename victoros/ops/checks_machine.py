"""Checks of the machine and the state folder; they need no settings."""

import os
import shutil
import sys
from pathlib import Path

from victoros.lib.env import find_home
from victoros.ops.checkup import Verdict, check, fail, ok, warn
from victoros.ops.install import is_current
from victoros.ops.interpreter import NEWEST

ROOT = Path(__file__).resolve().parents[2]
SCARCE_MB, EMPTY_MB = 1_000, 100


@check("python")
def check_python() -> Verdict:
    """The interpreter is one that was tried."""
    version = ".".join(map(str, sys.version_info[:3]))
    if sys.version_info[:2] > NEWEST:
        return warn(f"Python {version} is newer than what Victor.os was tried with", "Use Python 3.11 to 3.13.")
    return ok(f"Python {version}")


@check("packages")
def check_packages() -> Verdict:
    """What is installed is what the locks say."""
    if is_current(ROOT, ROOT / ".venv", dev=False):
        return ok("installed as locked")
    return warn(
        "the installed packages do not match the lock files", "Run ./victor up again; it brings them up to date."
    )


@check("disk")
def check_disk() -> Verdict:
    """The disk of the home has room."""
    home = find_home(ROOT)
    free_mb = shutil.disk_usage(home).free // 1_000_000
    text = f"{free_mb} MB free at {home}"
    if free_mb < EMPTY_MB:
        return fail(text, "Free some space: nothing can be stored.")
    return warn(text, "Free some space soon.") if free_mb < SCARCE_MB else ok(text)


@check("permissions")
def check_permissions() -> Verdict:
    """The home can be written by its owner and read by nobody else."""
    home = find_home(ROOT)
    if not os.access(home, os.W_OK | os.X_OK):
        return fail(f"{home} cannot be written", "Give it to the user who runs Victor.os (chown).")
    open_ones = [path for path in (home, home / "secret_key") if path.exists() and path.stat().st_mode & 0o077]
    if open_ones:
        names = " ".join(map(str, open_ones))
        return warn(f"other users of this machine can reach {names}", f"chmod go-rwx {names}")
    return ok(f"{home} is private")
