"""What every process loads when it starts: not what only few of them ever use."""

import subprocess
import sys

import pytest

from tests.running import ROOT

LOOK = "import sys; from victoros.ops.django_setup import load_django; load_django(); import {}; print(*sys.modules)"
ONLY_FOR_SENDING = {"apprise", "pywebpush", "requests"}
"""A third of a second each, in every web process, cell and command."""


def load(module: str) -> set[str]:
    """Return what a fresh interpreter has loaded after this module."""
    command = [sys.executable, "-c", LOOK.format(module)]
    return set(subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split())


@pytest.mark.parametrize("module", ["victoros.urls", "tasks.engine.jobs", "audit.notifications.jobs"])
def test_what_only_sending_needs_is_not_loaded_before_something_is_sent(module: str) -> None:
    loaded = load(module)

    assert module in loaded
    assert loaded & ONLY_FOR_SENDING == set()


def test_what_sends_loads_it() -> None:
    assert load("audit.notifications.sending, audit.notifications.chat") >= ONLY_FOR_SENDING
