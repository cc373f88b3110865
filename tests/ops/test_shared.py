"""What hosts must share is compared, and a difference is told before it does harm."""

from pathlib import Path

import pytest
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from pytest_django import Settings

from agents.models import Swarm
from tests.agents.factories import make_provider, make_swarm
from victoros.ops.checks_shared import check_folders, check_keys
from victoros.ops.checks_stored import check_migrations
from victoros.ops.checkup import State
from victoros.ops.joining import Join, find, read_join

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def home(tmp_path: Path, settings: Settings) -> Path:
    settings.VICTOR_HOME = tmp_path
    return tmp_path


def test_keys_sealed_here_can_be_opened() -> None:
    make_provider(key="secret")
    assert check_keys().status == State.OK
    assert find().refuse == ""


def test_another_secret_key_is_refused_with_the_providers_it_cannot_open(settings: Settings) -> None:
    make_provider(name="elsewhere", key="secret")
    settings.SECRET_KEY = "another"
    assert check_keys().status == State.FAIL
    assert "elsewhere" in find().refuse


def test_a_database_newer_than_the_program_is_waited_for() -> None:
    MigrationRecorder(connection).record_applied("tasks", "9999_from_the_future")
    assert check_migrations().status == State.FAIL
    assert find().wait.startswith("The database is newer than this program: tasks.9999_from_the_future")


def test_a_database_older_than_the_program_is_waited_for() -> None:
    newest = MigrationLoader(connection).graph.leaf_nodes("tasks")[0]
    MigrationRecorder(connection).record_unapplied(*newest)
    assert "not prepared" in find().wait


def test_folders_of_swarms_that_are_not_on_this_host_are_told(home: Path, settings: Settings) -> None:
    swarm: Swarm = make_swarm()
    settings.VICTOR_SWARMS = str(home / "shared")
    assert check_folders().status == State.WARN
    assert any("Share one folder" in warning for warning in find().warnings)

    swarm.folder.mkdir(parents=True)
    assert swarm.folder.parent == home / "shared"
    assert check_folders().status == State.OK


def test_a_look_that_failed_is_a_reason_to_wait(tmp_path: Path) -> None:
    (tmp_path / "join.log").write_text("Killed")
    assert "Killed" in read_join(tmp_path / "join.log").wait
    assert "no answer" in read_join(tmp_path / "missing.log").wait


def test_what_was_found_is_read_as_it_was_written(tmp_path: Path) -> None:
    (tmp_path / "join.log").write_text('a warning of a library\n{"wait": "", "refuse": "", "warnings": ["one"]}\n')
    assert read_join(tmp_path / "join.log") == Join(warnings=["one"])
