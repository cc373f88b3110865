"""Which host a process is on. Process numbers mean something only there, so two of the same name must not be taken for one.

A host here is one home on one running system: containers of one image have the same name, and often the same home's path.
"""

import hashlib
import os
import socket
from functools import lru_cache
from pathlib import Path

import psutil
from django.conf import settings

BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
PID_NAMESPACE = Path("/proc/self/ns/pid")
LONGEST_NAME = 64
MARK_LETTERS = 8


def this_host() -> str:
    """Return the host of this process, as rows of cells and leases name it."""
    return host_of(settings.VICTOR_HOME)


def host_of(home: Path) -> str:
    """Return `name/mark`: what people call the host, and what tells it from others, anew with each boot of the system.

    The name is `VICTOR_HOST_NAME`, else the system's own. Needs no settings.
    """
    name = os.environ.get("VICTOR_HOST_NAME") or socket.gethostname()
    return f"{name[:LONGEST_NAME]}/{_mark(home)}"


def name_of(host: str) -> str:
    """Return what people call a host."""
    return host.rpartition("/")[0] or host


@lru_cache
def _mark(home: Path) -> str:
    parts = (_boot(), _pid_namespace(), str(home.resolve()))
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:MARK_LETTERS]


def _boot() -> str:
    try:
        return BOOT_ID.read_text().strip()
    except OSError:
        return str(int(psutil.boot_time()))


def _pid_namespace() -> str:
    """Return what tells containers of one machine apart; empty where there are none."""
    try:
        return os.readlink(PID_NAMESPACE)
    except OSError:
        return ""
