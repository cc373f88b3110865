"""`./victor worker` with real processes: what it needs, what it waits for, and how it ends."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.running import RunningVictor, launch_worker, make_database, start_victor, wait_until
from tests.servers import start_valkey
from victoros.ops.valkey import valkey_url

pytestmark = [pytest.mark.timeout(120), pytest.mark.xdist_group("up")]
SERVER = os.environ.get("VICTOR_TEST_DATABASE_URL")
needs_postgres = pytest.mark.skipif(
    not SERVER, reason="several hosts need PostgreSQL: ./victor test --database postgres"
)
SHARED = {
    "VICTOR_DATABASE_URL": "postgres://a:b@127.0.0.1:1/c",
    "VICTOR_REDIS_URL": "redis://127.0.0.1:1/0",
    "VICTOR_SECRET_KEY": "k" * 50,
}


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"VICTOR_DATABASE_URL": ""}, "VICTOR_DATABASE_URL is missing"),
        ({"VICTOR_DATABASE_URL": "sqlite:////tmp/x"}, "names SQLite, which only one host can use"),
        ({"VICTOR_REDIS_URL": ""}, "VICTOR_REDIS_URL is missing"),
        ({"VICTOR_SECRET_KEY": ""}, "VICTOR_SECRET_KEY is missing"),
    ],
)
def test_what_all_hosts_share_must_be_named(tmp_path: Path, changed: dict[str, str], words: str) -> None:
    worker = launch_worker(tmp_path / "home", **{**SHARED, **changed})
    assert worker.wait(40) == 1
    assert len(worker.lines) == 1
    assert words in worker.lines[0]


def test_it_waits_for_a_database_that_does_not_answer_and_can_be_ended(tmp_path: Path) -> None:
    worker = launch_worker(tmp_path / "home", **SHARED)
    worker.wait_for_line("The database does not answer: .* Waiting")
    assert worker.stop() == 0
    assert not (tmp_path / "home" / "run.json").exists()


@pytest.fixture
def shared(tmp_path: Path) -> Iterator[dict[str, str]]:
    """A PostgreSQL database without tables, a Valkey, and a key."""
    assert SERVER
    valkey = start_valkey(tmp_path / "valkey.sock")
    servers = {"VICTOR_DATABASE_URL": make_database(SERVER), "VICTOR_REDIS_URL": valkey_url(tmp_path / "valkey.sock")}
    yield {**SHARED, **servers}
    valkey.kill()
    valkey.wait()


def names_of(running: RunningVictor) -> set[str]:
    """Return the names of what a host runs."""
    return {entry["name"] for entry in running.facts()["processes"]}


@needs_postgres
def test_it_begins_once_the_database_is_prepared_and_replaces_what_dies(tmp_path: Path, shared: dict[str, str]) -> None:
    worker = launch_worker(tmp_path / "east", "--cells", "1", VICTOR_HOST_NAME="east-1", **shared)
    worker.wait_for_line("The database is not prepared for this program.* Waiting")
    with start_victor(tmp_path / "web", "--cells", "0", **shared) as pages:
        assert names_of(pages) == {"web", "chores", "scheduler"}
        worker.wait_for_line("^ready 1 cells on east-1 in ")
        assert names_of(worker) == {"cell-1", "chores", "scheduler"}
        killed = worker.pid_of("cell-1")
        os.kill(killed, signal.SIGKILL)
        wait_until(lambda: worker.pid_of("cell-1") not in (0, killed))
    assert worker.process.poll() is None
    assert worker.stop() == 0
    worker.wait_for_line("stopped; nothing was lost")
