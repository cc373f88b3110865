"""`./victor test`: runs the suite on SQLite, then on a real PostgreSQL."""

import argparse
import os
import subprocess
import sys
from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path

from victoros.ops.chromium import ensure_chromium
from victoros.ops.postgres import running_postgres

ROOT = Path(__file__).resolve().parents[2]


def run(arguments: Sequence[str]) -> int:
    """Run the tests on the chosen databases; return 0 only if all passed. The last line printed is pytest's summary."""
    parser = argparse.ArgumentParser(
        prog="./victor test", description="Run the tests. Every other option and path goes to pytest."
    )
    parser.add_argument("--database", choices=("sqlite", "postgres", "both"), default="both")
    chosen, options = parser.parse_known_args(arguments)
    databases = ["sqlite", "postgres"] if chosen.database == "both" else [chosen.database]
    chromium = ensure_chromium()
    codes = [run_suite(database, options, chromium) for database in databases]
    return max(codes)


def run_suite(database: str, options: Sequence[str], chromium: str | None) -> int:
    """Run pytest once against one kind of database."""
    print(f"Tests on {'PostgreSQL' if database == 'postgres' else 'SQLite'}", flush=True)
    server = running_postgres(durable=False) if database == "postgres" else nullcontext("")
    with server as url:
        environment = {**os.environ, "VICTOR_TEST_DATABASE_URL": url}
        if chromium:
            environment["VICTOR_CHROMIUM"] = chromium
        return subprocess.run([sys.executable, "-m", "pytest", *_spread(options)], cwd=ROOT, env=environment).returncode


def _spread(options: Sequence[str]) -> list[str]:
    """Use two processes unless the caller chose."""
    has_chosen = any(
        option.startswith(("-n", "--numprocesses", "--pdb", "--collect-only", "--co")) for option in options
    )
    return list(options) if has_chosen else ["-n", "2", "--dist", "loadgroup", *options]
