"""Finds the Chromium that the tests of pages drive, or installs it where that is allowed."""

import os
import subprocess
from shutil import which

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
APT = ("apt-get", "--quiet", "--option", "DPkg::Lock::Timeout=300")
ADVICE = "Install it (Debian: apt-get install chromium), or name it with VICTOR_CHROMIUM=/path/to/chromium."


def find_chromium() -> str | None:
    """Return the path of a Chromium, if there is one."""
    named = os.environ.get("VICTOR_CHROMIUM")
    return named or next(filter(None, map(which, NAMES)), None)


def ensure_chromium() -> str | None:
    """Return the path of a Chromium, installing Debian's where this user may; None if there is none."""
    found = find_chromium()
    if found is None and os.geteuid() == 0 and which("apt-get"):
        print("Installing Chromium for the tests of pages (apt-get install chromium) ...", flush=True)
        _install()
        found = find_chromium()
    return found


def _install() -> None:
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (["update"], ["install", "--yes", "--no-install-recommends", "chromium", "fonts-dejavu-core"]):
        done = subprocess.run([*APT, *command], env=environment, capture_output=True, text=True)
        if done.returncode:
            words = done.stderr.strip().splitlines()
            print(f"apt-get {command[0]} failed: {words[-1] if words else 'no reason given'}", flush=True)
