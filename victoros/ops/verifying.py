"""`./victor verify`: the whole gate. One line per step; the full output only of what failed."""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from victoros.ops import testing

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("victoros", "tasks", "agents", "audit")
BANDIT = ("--quiet", "--severity-level", "medium", "--recursive", "--configfile", "pyproject.toml")
AT_ONCE = 2


@dataclass(frozen=True)
class Step:
    """One check of the gate: a program that ends with 0 when all is well."""

    name: str
    command: tuple[str, ...]
    environment: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Result:
    """How a step went."""

    step: Step
    seconds: float
    code: int
    output: str


def run(arguments: Sequence[str]) -> int:
    """Run every step, the tests last so that pytest's summary is the last line; return 0 only if all passed."""
    parser = argparse.ArgumentParser(prog="./victor verify", description=__doc__)
    parser.add_argument("--no-tests", action="store_true", help="run everything but the tests")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="victor-verify-") as home, ThreadPoolExecutor(AT_ONCE) as pool:
        results = [show(result) for result in pool.map(run_step, list_steps(Path(home)))]
    failed = [result.step.name for result in results if result.code]
    if options.no_tests:
        return 1 if failed else 0
    code = testing.run([])
    if failed:
        print(f"verify failed before the tests: {', '.join(failed)}", file=sys.stderr, flush=True)
    return code or (1 if failed else 0)


def list_steps(home: Path) -> list[Step]:
    """Return the steps, the slowest first."""
    development = {"VICTOR_HOME": str(home), "VICTOR_SECRET_KEY": "only-for-checks-" + "0" * 50}
    production = {**development, "VICTOR_HTTPS": "1", "VICTOR_HOSTS": "victor.example.com"}
    templates = map(str, sorted((ROOT / "templates").rglob("*.html")))
    return [
        Step("types", ("mypy", "."), development),
        Step("format", ("ruff", "format", "--check", ".")),
        Step("lint", ("ruff", "check", ".")),
        Step("contracts", ("lint-imports", "--no-cache")),
        Step("templates", ("djade", "--check", "--target-version", "5.2", *templates)),
        Step(
            "security",
            (
                "bandit",
                "--quiet",
                "--severity-level",
                "medium",
                "--recursive",
                "--configfile",
                "pyproject.toml",
                *PACKAGES,
            ),
        ),
        Step("migrations", ("python", "manage.py", "makemigrations", "--check", "--dry-run"), development),
        Step("deployment", ("python", "manage.py", "check", "--deploy", "--fail-level", "WARNING"), production),
    ]


def run_step(step: Step) -> Result:
    """Run one step and keep what it said."""
    begin, program = time.monotonic(), Path(sys.executable).parent / step.command[0]
    environment = {**_without_settings(), **step.environment}
    done = subprocess.run(
        [str(program), *step.command[1:]],
        cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
    )  # fmt: skip
    return Result(step, time.monotonic() - begin, done.returncode, done.stdout)


def _without_settings() -> dict[str, str]:
    """Return the environment without the developer's own settings: the gate must not depend on them."""
    return {name: value for name, value in os.environ.items() if not name.startswith("VICTOR_")}


def show(result: Result) -> Result:
    """Print one line, and everything the step said if it failed."""
    print(f"{'ok  ' if result.code == 0 else 'FAIL'}  {result.step.name:<12}{result.seconds:6.1f} s", flush=True)
    if result.code:
        print(result.output.rstrip(), flush=True)
    return result
