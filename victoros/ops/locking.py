"""`./victor lock`: makes the lock files anew from requirements/*.in, with hashes and without any registry's name."""

import argparse
import subprocess
from collections.abc import Sequence
from pathlib import Path

from victoros.ops.install import uv_environment

ROOT = Path(__file__).resolve().parents[2]
STYLE = (
    "--generate-hashes",
    "--no-header",
    "--no-annotate",
    "--no-emit-index-url",
    "--python-version",
    "3.11",
    "--quiet",
)
STEPS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("tools", ()),
    ("runtime", ()),
    ("dev", ("--constraints", "requirements/runtime.lock")),
    ("model", ("--no-deps",)),
)
"""The test tools must never move a version that runs in production, so their lock is bound by the runtime's."""


def run(arguments: Sequence[str]) -> int:
    """Compile every lock; return the exit code of the first that fails."""
    parser = argparse.ArgumentParser(prog="./victor lock", description=__doc__)
    parser.add_argument(
        "--upgrade", action="store_true", help="take the newest allowed versions instead of the locked ones"
    )
    upgrade = ["--upgrade"] if parser.parse_args(arguments).upgrade else []
    for name, extra in STEPS:
        code = compile_lock(name, [*extra, *upgrade])
        if code:
            return code
    return 0


def compile_lock(name: str, extra: Sequence[str]) -> int:
    """Resolve one requirements file into its lock."""
    uv = str(ROOT / ".venv" / "tools" / "bin" / "uv")
    files = [f"requirements/{name}.in", "--output-file", f"requirements/{name}.lock"]
    print(f"locking {name}", flush=True)
    return subprocess.run([uv, "pip", "compile", *STYLE, *extra, *files], cwd=ROOT, env=uv_environment()).returncode
