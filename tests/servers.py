"""Pytest plugin, loaded before Django's settings are read: a home, a Valkey and a database of this test process's own.

Nothing that the developer's environment names is ever touched.
"""

import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Generator
from pathlib import Path

import pytest

from victoros.ops.chromium import ADVICE, find_chromium
from victoros.ops.processes import end_with_parent
from victoros.ops.valkey import valkey_command, valkey_url, wait_for_valkey

HOME = pytest.StashKey[Path]()
VALKEY = pytest.StashKey[subprocess.Popen[bytes]]()
FOREIGN = ("VICTOR_LLM_URL", "VICTOR_HOSTS", "VICTOR_HTTPS", "VICTOR_DEBUG", "VICTOR_CELLS")


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> Generator[None]:
    """Prepare the environment before pytest-django reads it."""
    home = Path(tempfile.mkdtemp(prefix="victor-tests-"))
    (home / "static").mkdir()  # whitenoise warns of a missing one, and warnings are errors here
    early_config.stash[HOME] = home
    socket_path = home / "valkey.sock"
    _set_environment(home, socket_path)
    if _runs_tests_itself(early_config):
        early_config.stash[VALKEY] = start_valkey(socket_path)
    return (yield)


def start_valkey(socket_path: Path) -> subprocess.Popen[bytes]:
    """Start a server that ends with this process."""
    with open(socket_path.with_suffix(".log"), "ab") as log:
        server = subprocess.Popen(
            valkey_command(socket_path), stdout=log, stderr=log, preexec_fn=end_with_parent(signal.SIGKILL)
        )
    assert wait_for_valkey(socket_path), "Valkey did not start"
    return server


def _set_environment(home: Path, socket_path: Path) -> None:
    for name in FOREIGN:
        os.environ.pop(name, None)
    os.environ["VICTOR_HOME"] = str(home)
    os.environ["VICTOR_REDIS_URL"] = valkey_url(socket_path)
    os.environ["VICTOR_SECRET_KEY"] = "for-tests-only-" + "0" * 40
    os.environ["VICTOR_DATABASE_URL"] = os.environ.get("VICTOR_TEST_DATABASE_URL") or f"sqlite:///{home}/victor.sqlite3"


def _runs_tests_itself(config: pytest.Config) -> bool:
    """Tell a process that runs tests from the one that only hands them to workers."""
    return "PYTEST_XDIST_WORKER" in os.environ or not getattr(config.known_args_namespace, "numprocesses", None)


def pytest_configure(config: pytest.Config) -> None:
    """Refuse to leave out the tests of pages where they are required."""
    if os.environ.get("VICTOR_REQUIRE_BROWSER") and not find_chromium():
        raise pytest.UsageError(f"VICTOR_REQUIRE_BROWSER is set and no Chromium was found. {ADVICE}")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out the tests of pages where there is no browser."""
    if find_chromium():
        return
    for item in items:
        if item.get_closest_marker("browser"):
            item.add_marker(pytest.mark.skip(reason=f"NO BROWSER: {ADVICE}"))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say loudly that tests were left out."""
    if not find_chromium():
        terminalreporter.write_line(
            f"THE TESTS OF PAGES WERE LEFT OUT: there is no Chromium. {ADVICE}", red=True, bold=True
        )


def pytest_unconfigure(config: pytest.Config) -> None:
    """End the server and remove the home."""
    if server := config.stash.get(VALKEY, None):
        server.kill()
        server.wait()
    if home := config.stash.get(HOME, None):
        shutil.rmtree(home, ignore_errors=True)
