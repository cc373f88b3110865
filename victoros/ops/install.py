"""Makes `.venv` from the hash-locked requirements and keeps it so. Standard library only.

A stamp inside `.venv` holds the hash of the locks it was made from, so that a later start costs one read; a mark left by an
installation that did not finish makes the next run begin with a clean folder.
"""

import fcntl
import hashlib
import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from victoros.ops.interpreter import CannotInstall, choose_python
from victoros.ops.progress import announce, tell

__all__ = ["CannotInstall", "prepare_packages", "uv_environment"]

LOCKS = {"runtime": ("runtime.lock", "model.lock"), "dev": ("dev.lock", "model.lock")}
NEEDED_MB = 2_000


def prepare_packages(root: Path, *, dev: bool = False) -> Path:
    """Return the Python of `.venv` with the locked packages in it, installing them first where they are not.

    `dev` asks for the test tools too; once they are installed they stay. Raises CannotInstall with one line to show.
    """
    venv = root / ".venv"
    if not is_current(root, venv, dev=dev):
        with only_one(root):
            if not is_current(root, venv, dev=dev):
                install(root, venv, level="dev" if dev or read_stamp(venv).get("level") == "dev" else "runtime")
    return venv / "bin" / "python"


def is_current(root: Path, venv: Path, *, dev: bool) -> bool:
    """Tell whether `.venv` was completely made from the locks as they are now."""
    stamp = read_stamp(venv)
    level = stamp.get("level", "")
    if level not in LOCKS or (dev and level != "dev") or not (venv / "bin" / "python").exists():
        return False
    return stamp.get("locks") == hash_locks(root, level)


def read_stamp(venv: Path) -> dict[str, str]:
    """Return what the last finished installation wrote; empty if there was none."""
    try:
        stamp = json.loads((venv / "victor.json").read_text())
    except (OSError, ValueError):
        return {}
    return stamp if isinstance(stamp, dict) else {}


def hash_locks(root: Path, level: str) -> str:
    """Return one hash over the lock files of a level."""
    digest = hashlib.sha256()
    for name in LOCKS[level]:
        digest.update((root / "requirements" / name).read_bytes())
    return digest.hexdigest()


@contextmanager
def only_one(root: Path) -> Iterator[None]:
    """Let a second launcher wait for the first.

    The lock is held on the `victor` file, by this process and the programs it starts: one that outlives a killed
    launcher still writes, and must be waited for too.
    """
    with open(root / "victor") as held:
        os.set_inheritable(held.fileno(), True)
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            tell("Another ./victor is installing; waiting for it.")
            fcntl.flock(held, fcntl.LOCK_EX)
        yield


def install(root: Path, venv: Path, *, level: str) -> None:
    """Bring `.venv` to exactly what the locks of the level say."""
    check_disk(root)
    try:
        fill(root, venv, level)
    except OSError as error:
        where = error.filename or venv
        raise CannotInstall(f"Cannot write {where}: {error.strerror}. Make it writable and try again.") from error


def fill(root: Path, venv: Path, level: str) -> None:
    """Make `.venv` if it is missing or was left half made, and install into it."""
    unfinished = venv / "unfinished"
    if unfinished.exists() or not (venv / "bin" / "python").exists():
        shutil.rmtree(venv, ignore_errors=True)
        make_venv(venv)
    unfinished.touch()
    (venv / "victor.json").unlink(missing_ok=True)
    install_uv(root, venv)
    sync(root, venv, level)
    (venv / "victor.json").write_text(json.dumps({"level": level, "locks": hash_locks(root, level)}))
    unfinished.unlink()


def check_disk(root: Path) -> None:
    """Refuse to begin what cannot end well."""
    free_mb = shutil.disk_usage(root).free // 1_000_000
    if free_mb < NEEDED_MB:
        raise CannotInstall(
            f"Not enough disk space: {free_mb} MB are free at {root}, about {NEEDED_MB} MB are needed to install. "
            "Free some and run the same command again."
        )


def make_venv(venv: Path) -> None:
    """Make the virtual environment with the best Python there is."""
    python = choose_python()
    venv.mkdir(parents=True)
    (venv / "unfinished").touch()
    run([python, "-m", "venv", str(venv)], venv / "install.log", "Making .venv")


def install_uv(root: Path, venv: Path) -> None:
    """Install the pinned uv, checked by hash, beside the packages so that a sync does not remove it."""
    lock = root / "requirements" / "tools.lock"
    mark, wanted = venv / "tools" / "lock", hashlib.sha256(lock.read_bytes()).hexdigest()
    if mark.exists() and mark.read_text() == wanted:
        return
    shutil.rmtree(venv / "tools", ignore_errors=True)
    pip = [str(venv / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    options = ["--no-deps", "--require-hashes", "--target", str(venv / "tools"), "-r", str(lock)]
    run([*pip, *options], venv / "install.log", "Installing the package installer")
    mark.write_text(wanted)


def sync(root: Path, venv: Path, level: str) -> None:
    """Install the locked packages, every one checked by hash, and remove what is not in the locks."""
    locks = [str(root / "requirements" / name) for name in LOCKS[level]]
    uv = [str(venv / "tools" / "bin" / "uv"), "pip", "sync", "--require-hashes", "--no-progress"]
    command = [*uv, "--python", str(venv / "bin" / "python"), *locks]
    run(command, venv / "install.log", "Installing packages", uv_environment())


def uv_environment() -> dict[str, str]:
    """Return the environment in which uv uses the mirror and the certificates that pip was given."""
    environment = dict(os.environ)
    for uv_name, pip_name in (("UV_DEFAULT_INDEX", "PIP_INDEX_URL"), ("SSL_CERT_FILE", "PIP_CERT")):
        if pip_name in environment:
            environment.setdefault(uv_name, environment[pip_name])
    return environment


def run(command: list[str], log: Path, title: str, environment: dict[str, str] | None = None) -> None:
    """Run one step with its output in the log; raise CannotInstall with the cause and the log's path."""
    with open(log, "ab+") as output:
        begin = output.tell()
        with announce(title):
            done = subprocess.run(
                command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, env=environment, close_fds=False
            )
        if done.returncode:
            output.seek(begin)
            cause = find_cause(output.read().decode(errors="replace"))
            raise CannotInstall(f"{title} failed: {cause} (the whole output: {log})")


def find_cause(output: str) -> str:
    """Pick from a package installer's output what failed and the deepest reason it gives."""
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    errors = [line.split(":", 1)[1].strip() for line in lines if line.lower().startswith("error:")]
    causes = [line.split(":", 1)[1].strip() for line in lines if line.lower().startswith(("cause:", "caused by:"))]
    if causes:
        return f"{errors[0]}: {causes[-1]}".rstrip(".") if errors else causes[-1].rstrip(".")
    return (errors[-1:] or lines[-1:] or ["it ended without a word"])[0].rstrip(".")
