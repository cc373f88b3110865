"""The small parts behind the commands: back-off, logs, ports, home, leftovers, and the list of commands."""

import importlib
import io
import os
import signal
import socket
import subprocess
import time
from pathlib import Path

import pytest
from django.core.management import get_commands

from tests.running import wait_until
from victoros.ops import home as home_module
from victoros.ops.__main__ import MODULES
from victoros.ops.commands import COMMANDS
from victoros.ops.console import Console
from victoros.ops.home import Home, HomeRefused
from victoros.ops.leftovers import end_leftovers
from victoros.ops.listening import CannotListen, listen, pick_free_port
from victoros.ops.logs import bound_log, last_words
from victoros.ops.processes import describe_exit, kill_session, started_at
from victoros.ops.services import Service
from victoros.ops.watched import LONGEST_PAUSE_S, MANY_DEATHS, SLOW_PAUSE_S, Watched


def test_every_command_of_the_help_exists() -> None:
    known = get_commands()
    for command in COMMANDS.values():
        if command.runs_in == "ops":
            assert callable(importlib.import_module(f"victoros.ops.{MODULES[command.name]}").run)
        else:
            assert command.name.replace("-", "_") in {name.replace("-", "_") for name in known}


def watch() -> Watched:
    """Return a service that does nothing, watched."""
    return Watched(Service("idle", lambda: None, "work"))


def test_a_process_that_dies_again_waits_longer_each_time() -> None:
    watched = watch()
    pauses = [watched.record_death() for _ in range(MANY_DEATHS - 1)]
    assert pauses == sorted(set(pauses))
    assert max(pauses) <= LONGEST_PAUSE_S
    assert not watched.keeps_dying


def test_a_process_that_keeps_dying_is_tried_slowly_but_never_given_up() -> None:
    watched = watch()
    pauses = [watched.record_death() for _ in range(MANY_DEATHS + 3)]
    assert watched.keeps_dying
    assert set(pauses[MANY_DEATHS - 1 :]) == {SLOW_PAUSE_S}
    assert watched.restart_at is not None


def test_old_deaths_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    watched = watch()
    first = watched.record_death()
    later = time.monotonic() + 61
    monkeypatch.setattr(time, "monotonic", lambda: later)
    assert watched.record_death() == first


def test_a_log_that_is_too_long_is_kept_once_and_its_writer_goes_on(tmp_path: Path) -> None:
    log = tmp_path / "web.log"
    with open(log, "ab") as writer:
        writer.write(b"x" * 2000)
        writer.flush()
        bound_log(log, limit_bytes=1000)
        writer.write(b"after\n")
    assert log.read_bytes() == b"after\n"
    assert (tmp_path / "web.log.1").stat().st_size == 2000


def test_a_log_within_its_limit_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "web.log").write_text("short")
    bound_log(tmp_path / "web.log", limit_bytes=1000)
    assert not (tmp_path / "web.log.1").exists()


def test_the_last_words_are_the_last_line_that_says_something(tmp_path: Path) -> None:
    (tmp_path / "web.log").write_text("Traceback\nValueError: no\n\n")
    assert last_words(tmp_path / "web.log") == "ValueError: no"
    assert last_words(tmp_path / "missing.log") == ""


def test_a_taken_port_names_who_holds_it() -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as holder,
        pytest.raises(CannotListen, match=rf"taken by process {os.getpid()}"),
    ):
        listen("127.0.0.1", holder.getsockname()[1])


def test_an_address_of_another_machine_is_refused() -> None:
    with pytest.raises(CannotListen, match="this machine has no such address"):
        listen("192.0.2.1", pick_free_port())


def test_a_full_disk_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(home_module, "NEEDED_MB", 10**12)
    with pytest.raises(HomeRefused, match="is full"):
        Home(tmp_path / "home")


def test_a_home_is_held_by_one_only_and_free_again_afterwards(tmp_path: Path) -> None:
    first = Home(tmp_path / "home")
    with pytest.raises(HomeRefused, match="already runs"):
        Home(tmp_path / "home")
    first.lock.close()
    Home(tmp_path / "home").lock.close()


def test_what_runs_is_readable_by_its_owner_only(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    home.write_facts({"database_url": "postgres://a:secret@db/x"})
    assert (home.path / "run.json").stat().st_mode & 0o077 == 0
    home.lock.close()


def test_a_socket_path_too_long_for_the_system_goes_to_a_temporary_folder(tmp_path: Path) -> None:
    home = Home(tmp_path / ("long" * 30))
    assert len(str(home.socket_of("valkey"))) < 100
    home.lock.close()


def start_sleeper() -> subprocess.Popen[bytes]:
    """Start a process that leads a session of its own."""
    return subprocess.Popen(["sleep", "60"], start_new_session=True)


def test_leftovers_are_ended_when_pid_and_start_agree() -> None:
    left = start_sleeper()
    assert end_leftovers({"processes": [{"name": "web", "pid": left.pid, "begun": started_at(left.pid)}]}) == 1
    assert left.wait(20) == -signal.SIGKILL


def test_a_process_that_took_over_a_pid_is_left_alone() -> None:
    other = start_sleeper()
    facts = {"processes": [{"name": "web", "pid": other.pid, "begun": started_at(other.pid) - 1000}]}
    assert end_leftovers(facts) == 0
    assert other.poll() is None
    other.kill()
    other.wait()


def test_the_whole_session_of_a_process_is_ended_even_after_its_leader_died() -> None:
    leader = subprocess.Popen(
        ["sh", "-c", "sleep 60 & echo $!; exit 0"], stdout=subprocess.PIPE, start_new_session=True
    )
    with leader:
        assert leader.stdout is not None
        orphan = int(leader.stdout.readline())
        leader.wait(20)
        assert kill_session(leader.pid) == [orphan]
    wait_until(lambda: not started_at(orphan))


def test_the_end_of_a_process_is_told_in_words() -> None:
    assert describe_exit(3) == "ended with code 3"
    assert describe_exit(-9) == "was killed by SIGKILL"


def test_an_event_is_one_line_of_time_process_and_message() -> None:
    stream = io.StringIO()
    Console(stream).event("web", "ready")
    assert stream.getvalue()[8:] == "  web        ready\n"


def test_a_reader_that_went_away_does_not_end_the_console() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    with open(writer, "w") as stream:
        console = Console(stream)
        console.event("web", "nobody reads this")
        console.event("web", "nor this")
        console.stream.close()
        with open(os.devnull, "w") as nothing:
            os.dup2(nothing.fileno(), writer)
