"""A home, a Valkey and an empty database that belong to one bench run and vanish with it."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path

from victoros.lib.errors import Category, VictorError
from victoros.ops.postgres import running_postgres
from victoros.ops.valkey import ValkeyServer

ROOT = Path(__file__).resolve().parents[3]
KEPT = ("PATH", "HOME", "LANG", "PYTHONPATH", "PYTHONPYCACHEPREFIX", "TMPDIR")


class BenchFailed(VictorError):
    """What a bench needs could not be made, or did not behave; there is no figure."""

    category = Category.SYSTEM


@dataclass(frozen=True)
class Scratch:
    """Where one bench runs."""

    home: Path
    environment: dict[str, str]

    def run(self, *command: str, timeout_s: float = 600) -> str:
        """Run a Python command in the scratch to its end; return what it printed."""
        done = subprocess.run(
            [sys.executable, *command],
            cwd=ROOT, env=self.environment, capture_output=True, text=True, timeout=timeout_s,
        )  # fmt: skip
        if done.returncode:
            raise BenchFailed(f"{' '.join(command)} failed: {done.stderr.strip()[-600:]}")
        return done.stdout


@contextmanager
def make_scratch(database: str) -> Iterator[Scratch]:
    """Make everything new, with the durability that users get; `database` is sqlite or postgres.

    `VICTOR_BENCH_DIR` names a folder on another disk; one in memory would flatter every commit.
    """
    server = running_postgres(durable=True) if database == "postgres" else nullcontext("")
    with (
        tempfile.TemporaryDirectory(prefix="victor-bench-", dir=os.environ.get("VICTOR_BENCH_DIR")) as folder,
        server as url,
    ):
        home = Path(folder)
        with _running_valkey(home / "valkey.sock") as redis_url:
            environment = scratch_environment(home, redis_url, url)
            scratch = Scratch(home, environment)
            scratch.run("manage.py", "migrate", "--verbosity", "0")
            yield scratch


def scratch_environment(home: Path, redis_url: str, database_url: str) -> dict[str, str]:
    """Return the environment of processes that work in a scratch, and nothing that the operator's own names."""
    kept = {name: os.environ[name] for name in KEPT if name in os.environ}
    return {
        **kept,
        "VICTOR_HOME": str(home),
        "VICTOR_REDIS_URL": redis_url,
        "VICTOR_DATABASE_URL": database_url or f"sqlite:///{home}/victor.sqlite3",
        "VICTOR_SECRET_KEY": "for-benches-only-" + "0" * 40,
        "VICTOR_LOG_LEVEL": "WARNING",
        "DJANGO_SETTINGS_MODULE": "victoros.settings",
    }


@contextmanager
def _running_valkey(socket_path: Path) -> Iterator[str]:
    server = ValkeyServer(socket_path)
    try:
        yield server.url
    finally:
        server.kill()
