"""`./victor up` with real processes: started, hurt, and ended as an operator and bad luck would."""

import json
import os
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.running import ROOT, RunningVictor, launch_victor, start_victor, wait_until
from victoros.ops.processes import children_of, started_at
from victoros.ops.valkey import answers

pytestmark = [pytest.mark.timeout(90), pytest.mark.xdist_group("up")]


@pytest.fixture(scope="module")
def victor(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningVictor]:
    """One running installation for all tests that leave it running."""
    with start_victor(tmp_path_factory.mktemp("up") / "home") as running:
        yield running


def pages_answer(victor: RunningVictor) -> bool:
    """Tell whether the health page says 200."""
    with urllib.request.urlopen(f"{victor.url}/healthz", timeout=20) as answer:
        return bool(answer.status == 200)


def refuse_to_start(home: Path, *options: str, **environment: str) -> list[str]:
    """Run an `up` that must fail; return its lines."""
    failed = launch_victor(home, *options, **environment)
    assert failed.wait(40) == 1
    return failed.lines


def run_ops(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a command that starts without Django."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("VICTOR_")}
    command = [sys.executable, "-m", "victoros.ops", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, env=kept)


def test_it_says_ready_with_the_address_and_the_seconds(victor: RunningVictor) -> None:
    line = victor.wait_for_line(r"^ready http://127\.0\.0\.1:\d+ in \d+\.\d s$")
    assert victor.url in line
    assert pages_answer(victor)


def test_it_gives_one_sign_in_link_on_the_first_run(victor: RunningVictor) -> None:
    assert victor.wait_for_line(rf"^sign in \(works once\): {victor.url}/welcome/")


def test_its_state_is_private(victor: RunningVictor) -> None:
    assert victor.home.stat().st_mode & 0o077 == 0
    assert (victor.home / "secret_key").stat().st_mode & 0o077 == 0


def test_a_second_one_on_the_same_home_is_refused_in_one_line(victor: RunningVictor) -> None:
    lines = refuse_to_start(victor.home)
    assert len(lines) == 1
    assert f"already runs on {victor.home} ({victor.url}, process {victor.process.pid})" in lines[0]
    assert pages_answer(victor)


def test_a_taken_port_is_refused_in_one_line_that_names_the_holder(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as holder:
        port = holder.getsockname()[1]
        lines = refuse_to_start(tmp_path / "home", "--port", str(port))
    assert len(lines) == 1
    assert f"Port {port} is taken by process {os.getpid()}" in lines[0]
    assert not (tmp_path / "home" / "run.json").exists()


def test_a_home_that_cannot_be_written_is_refused_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    lines = refuse_to_start(tmp_path / "file" / "home")
    assert len(lines) == 1
    assert "Cannot write the state folder" in lines[0]


@pytest.mark.parametrize(
    ("name", "value"),
    [("VICTOR_CELLS", "many"), ("VICTOR_DATABASE_URL", "mysql://x/y"), ("VICTOR_DATABASE_URL", "junk")],
)
def test_a_broken_setting_is_refused_in_one_line_that_names_it(tmp_path: Path, name: str, value: str) -> None:
    lines = refuse_to_start(tmp_path / "home", **{name: value})
    assert len(lines) == 1
    assert name in lines[0]


def test_an_unreachable_database_is_refused_and_nothing_is_left_running(tmp_path: Path) -> None:
    lines = refuse_to_start(tmp_path / "home", VICTOR_DATABASE_URL="postgres://a:b@127.0.0.1:1/c")
    assert "The database cannot be used" in lines[-1]
    assert not answers(tmp_path / "home" / "valkey" / "valkey.sock")


def test_an_unreachable_redis_is_refused_in_one_line(tmp_path: Path) -> None:
    lines = refuse_to_start(tmp_path / "home", VICTOR_REDIS_URL="redis://127.0.0.1:1/0")
    assert len(lines) == 1
    assert "VICTOR_REDIS_URL does not answer" in lines[0]


@pytest.mark.parametrize("options", [["--port", "99999"], ["--cells", "65"], ["--nonsense"]])
def test_wrong_usage_ends_with_code_two(tmp_path: Path, options: list[str]) -> None:
    assert run_ops("up", "--home", str(tmp_path / "home"), *options).returncode == 2


@pytest.mark.parametrize("name", ["web", "cell-1", "chores", "scheduler", "valkey"])
def test_a_killed_process_is_told_and_started_again(victor: RunningVictor, name: str) -> None:
    wait_until(lambda: victor.pid_of(name))
    killed = victor.pid_of(name)
    os.kill(killed, signal.SIGKILL)
    wait_until(lambda: victor.pid_of(name) not in (0, killed))
    assert any(name in line and "was killed by SIGKILL" in line for line in victor.lines)
    assert pages_answer(victor)


def test_a_request_that_comes_while_the_pages_are_restarted_waits_and_is_answered(victor: RunningVictor) -> None:
    killed = victor.pid_of("web")
    os.kill(killed, signal.SIGKILL)
    assert pages_answer(victor)


def test_cells_are_started_anew_after_the_queue_server_came_back_empty(victor: RunningVictor) -> None:
    wait_until(lambda: children_of(victor.pid_of("cell-2")), timeout_s=40)
    killed, cell = victor.pid_of("valkey"), children_of(victor.pid_of("cell-2"))
    os.kill(killed, signal.SIGKILL)
    wait_until(lambda: victor.pid_of("valkey") not in (0, killed))
    for pid in cell:
        os.kill(pid, signal.SIGKILL)
    wait_until(lambda: children_of(victor.pid_of("cell-2")) not in (set(), cell), timeout_s=40)


def test_what_a_killed_worker_leaves_behind_is_ended(victor: RunningVictor) -> None:
    wait_until(lambda: children_of(victor.pid_of("cell-1")), timeout_s=40)
    worker = victor.pid_of("cell-1")
    left = children_of(worker)
    os.kill(worker, signal.SIGKILL)
    wait_until(lambda: not any(started_at(pid) for pid in left))
    wait_until(lambda: victor.pid_of("cell-1") not in (0, worker))


def test_status_names_what_runs(victor: RunningVictor) -> None:
    done = run_ops("status", "--json", "--home", str(victor.home))
    status = json.loads(done.stdout)
    assert (done.returncode, status["status"], status["url"]) == (0, "running", victor.url)
    assert {"valkey", "web"} <= {process["name"] for process in status["processes"]}


def test_ctrl_c_ends_everything_in_time_and_leaves_nothing(tmp_path: Path) -> None:
    with start_victor(tmp_path / "home") as victor:
        family = psutil.Process(victor.process.pid).children(recursive=True)
        assert victor.stop(signal.SIGINT, timeout_s=10) == 0
    assert not [process for process in family if started_at(process.pid) == process.create_time()]
    assert not (victor.home / "run.json").exists()
    assert "nothing was lost" in victor.lines[-1]


def test_a_killed_supervisor_leaves_nothing_that_blocks_the_next_start(tmp_path: Path) -> None:
    with start_victor(tmp_path / "home") as victor:
        family = psutil.Process(victor.process.pid).children(recursive=True)
        assert victor.stop(signal.SIGKILL) == -signal.SIGKILL
    with start_victor(tmp_path / "home") as again:
        assert pages_answer(again)
        assert not [process for process in family if started_at(process.pid) == process.create_time()]
        assert not any(line.startswith("sign in") for line in again.lines if "works once" not in line)


def test_a_home_with_spaces_and_a_long_path_works(tmp_path: Path) -> None:
    home = tmp_path / "a home with % and spaces" / ("long" * 20)
    with start_victor(home) as victor:
        assert pages_answer(victor)
