"""Installing, with a small lock of a package made here, so that no network is needed."""

import fcntl
import hashlib
import subprocess
import sys
import threading
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from victoros.ops import install
from victoros.ops.install import CannotInstall, find_cause, is_current, prepare_packages

Command = list[str]


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkout whose runtime lock names one tiny package, found in a folder instead of a registry."""
    (tmp_path / "requirements").mkdir()
    (tmp_path / "victor").touch()
    wheel = make_wheel(tmp_path, "tiny")
    for name in ("runtime", "model", "dev", "tools"):
        (tmp_path / "requirements" / f"{name}.lock").write_text("")
    pin(tmp_path, "runtime", wheel)
    monkeypatch.setattr(install, "install_uv", use_installed_uv)
    monkeypatch.setattr(install, "make_venv", make_bare_venv)
    monkeypatch.setenv("UV_FIND_LINKS", str(tmp_path))
    monkeypatch.setenv("UV_OFFLINE", "1")
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "cache"))
    return tmp_path


def make_bare_venv(venv: Path) -> None:
    """Make the environment without pip, which takes most of the time and is not needed here."""
    venv.mkdir()
    (venv / "unfinished").touch()
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(venv)], check=True)


def use_installed_uv(root: Path, venv: Path) -> None:
    """Stand in for the download of uv: use the one that installed this very environment."""
    real = Path(__file__).resolve().parents[2] / ".venv" / "tools" / "bin" / "uv"
    (venv / "tools" / "bin").mkdir(parents=True, exist_ok=True)
    (venv / "tools" / "bin" / "uv").unlink(missing_ok=True)
    (venv / "tools" / "bin" / "uv").symlink_to(real)


def make_wheel(folder: Path, name: str) -> Path:
    """Write a wheel that holds one module."""
    path, info = folder / f"{name}-1.0-py3-none-any.whl", f"{name}-1.0.dist-info"
    with zipfile.ZipFile(path, "w") as wheel:
        wheel.writestr(f"{name}.py", "VALUE = 7\n")
        wheel.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        wheel.writestr(
            f"{info}/WHEEL", "Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        wheel.writestr(f"{info}/RECORD", f"{name}.py,,\n{info}/METADATA,,\n{info}/WHEEL,,\n{info}/RECORD,,\n")
    return path


def pin(checkout: Path, lock: str, *wheels: Path) -> None:
    """Write a lock with the hashes of wheels."""
    lines = [
        f"{w.name.split('-')[0]}==1.0 --hash=sha256:{hashlib.sha256(w.read_bytes()).hexdigest()}\n" for w in wheels
    ]
    (checkout / "requirements" / f"{lock}.lock").write_text("".join(lines))


def imports(python: Path, module: str) -> bool:
    """Tell whether the environment has a module."""
    return subprocess.run([python, "-c", f"import {module}"], capture_output=True).returncode == 0


def forbid(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make a function of the installer fail if it is called."""
    monkeypatch.setattr(install, name, lambda *args, **options: pytest.fail(f"{name} was called"))


def test_the_first_run_installs_what_the_lock_names_and_the_second_does_nothing(
    checkout: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    python = prepare_packages(checkout)
    assert imports(python, "tiny")
    forbid("install", monkeypatch)
    assert prepare_packages(checkout) == python


def test_a_changed_lock_is_installed_by_the_next_run(checkout: Path) -> None:
    python = prepare_packages(checkout)
    pin(checkout, "runtime", make_wheel(checkout, "small"))
    prepare_packages(checkout)
    assert imports(python, "small")
    assert not imports(python, "tiny")


def test_test_tools_stay_when_a_later_command_needs_only_the_runtime(checkout: Path) -> None:
    pin(checkout, "dev", checkout / "tiny-1.0-py3-none-any.whl", make_wheel(checkout, "tester"))
    python = prepare_packages(checkout, dev=True)
    prepare_packages(checkout)
    assert imports(python, "tester")


def test_an_interrupted_installation_is_made_anew(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(install, "sync", interrupt)
        with pytest.raises(KeyboardInterrupt):
            prepare_packages(checkout)
    (checkout / ".venv" / "half-written").touch()
    assert not is_current(checkout, checkout / ".venv", dev=False)
    python = prepare_packages(checkout)
    assert imports(python, "tiny")
    assert not (checkout / ".venv" / "half-written").exists()


def interrupt(*args: object) -> None:
    """Do what Ctrl-C does."""
    raise KeyboardInterrupt


def test_a_package_with_another_hash_is_refused_with_one_line_and_the_log(checkout: Path) -> None:
    lock = checkout / "requirements" / "runtime.lock"
    lock.write_text(f"tiny==1.0 --hash=sha256:{'0' * 64}\n")
    with pytest.raises(CannotInstall) as caught:
        prepare_packages(checkout)
    text = str(caught.value)
    assert "\n" not in text
    assert str(checkout / ".venv" / "install.log") in text
    assert not is_current(checkout, checkout / ".venv", dev=False)


def test_too_little_disk_space_stops_before_anything_is_made(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(install, "NEEDED_MB", 10**12)
    with pytest.raises(CannotInstall, match="Not enough disk space"):
        prepare_packages(checkout)
    assert not (checkout / ".venv").exists()


def test_two_launchers_at_once_install_once(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    installed: list[str] = []
    real: Callable[..., None] = install.install

    def count(*args: object, **options: object) -> None:
        installed.append("once")
        real(*args, **options)

    monkeypatch.setattr(install, "install", count)
    threads = [threading.Thread(target=prepare_packages, args=(checkout,)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert installed == ["once"]


def test_the_cause_joins_what_failed_and_the_deepest_reason() -> None:
    output = "Resolved 3\nerror: Failed to fetch tiny\n  cause: client error\n  cause: dns failed.\n\nhint: look\n"
    assert find_cause(output) == "Failed to fetch tiny: dns failed"
    assert find_cause("ERROR: first\nERROR: No matching distribution\n") == "No matching distribution"
    assert find_cause("Segmentation fault\n") == "Segmentation fault"
    assert find_cause("") == "it ended without a word"


def test_a_folder_that_cannot_be_written_is_said_in_one_line(checkout: Path) -> None:
    (checkout / ".venv").write_text("a file where the folder should be")
    with pytest.raises(CannotInstall, match=r"Cannot write .*\.venv"):
        prepare_packages(checkout)


def test_a_program_that_outlives_a_killed_launcher_is_waited_for(checkout: Path) -> None:
    with install.only_one(checkout):
        left = subprocess.Popen(["sleep", "30"], close_fds=False)
    with open(checkout / "victor") as other, pytest.raises(BlockingIOError):
        fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)
    left.kill()
    left.wait()
    with install.only_one(checkout):
        pass
