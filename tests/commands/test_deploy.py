"""The files in docs/deploy name nothing that is not there, end without losing work, and count what they say."""

import re
import subprocess
import sys
from collections.abc import Iterator
from configparser import ConfigParser
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.db import connection
from django.utils import timezone

from agents.models import Agent, Swarm
from tasks.models import Attempt, Task
from tasks.services.control import pause_swarm
from tasks.services.making import create_task
from tests.agents.factories import OPERATOR, make_swarm
from tests.tasks.driving import StillCell, make_worker
from victoros.lib.env import PLACEHOLDER
from victoros.ops.commands import COMMANDS
from victoros.ops.options import read_options, read_worker_options
from victoros.ops.supervisor import STAGES

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "docs" / "deploy"
FILES = sorted(path for path in FOLDER.rglob("*") if path.is_file())
PAGE = ROOT / "docs" / "deploy.md"
UNITS = sorted((FOLDER / "systemd").glob("*.service"))
MANIFESTS = sorted((FOLDER / "kubernetes").glob("*.yaml"))
NEEDED_GRACE_S = sum(STAGES.values())


def read_unit(path: Path) -> ConfigParser:
    unit = ConfigParser(strict=False, interpolation=None, comment_prefixes=("#",), delimiters=("=",))
    unit.optionxform = str  # type: ignore[assignment,method-assign]
    unit.read(path)
    return unit


def read_compose() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((FOLDER / "container" / "compose.yaml").read_text())
    return found


def manifests(kind: str) -> list[dict[str, Any]]:
    documents = [one for path in MANIFESTS for one in yaml.safe_load_all(path.read_text())]
    return [one for one in documents if one["kind"] == kind]


def pods() -> list[dict[str, Any]]:
    return [one["spec"]["template"]["spec"] for one in manifests("Deployment")]


def started_commands() -> Iterator[list[str]]:
    """Every command line of Victor.os that one of the files starts."""
    for path in UNITS:
        yield read_unit(path)["Service"]["ExecStart"].split()[1:]
    yield from (read_compose()["services"][name]["command"] for name in ("web", "worker"))
    yield from (container["args"] for pod in pods() for container in pod["containers"])
    yield yaml.safe_load(re.findall(r"^CMD (.*)$", (FOLDER / "container" / "Dockerfile").read_text(), re.M)[0])


def test_every_command_that_is_started_is_understood() -> None:
    commands = list(started_commands())
    assert {word for word, *_ in commands} == {"up", "worker"}
    for word, *options in commands:
        read = read_options if word == "up" else read_worker_options
        read(options, ROOT)  # wrong usage would end this with SystemExit


def test_every_command_that_the_page_names_is_there() -> None:
    named = set(re.findall(r"(?:\./victor|/opt/victor/victor) ([a-z][a-z-]+)", PAGE.read_text()))
    assert named
    assert named - set(COMMANDS) == set()


@pytest.mark.parametrize("path", [*FILES, PAGE], ids=lambda path: path.name)
def test_only_settings_that_exist_are_named(path: Path) -> None:
    settings = set(re.findall(r"`(VICTOR_[A-Z_]+)`", (ROOT / "docs" / "settings.md").read_text()))
    assert set(re.findall(r"\bVICTOR_[A-Z_]+[A-Z]\b", path.read_text())) - settings == set()


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_every_file_is_explained(path: Path) -> None:
    assert path.name in PAGE.read_text()


def test_what_all_hosts_share_is_given_to_pages_and_work() -> None:
    shared = {"VICTOR_DATABASE_URL", "VICTOR_REDIS_URL", "VICTOR_SECRET_KEY", "VICTOR_SWARMS"}
    services = read_compose()["services"]
    in_kubernetes = {**manifests("Secret")[0]["stringData"], **manifests("ConfigMap")[0]["data"]}

    assert [name for name in ("web", "worker") if shared - set(services[name]["environment"])] == []
    assert shared - set(in_kubernetes) == set()
    assert shared - set(re.findall(r"^(\w+)=", (FOLDER / "systemd" / "victor.env.sample").read_text(), re.M)) == set()
    for pod in pods():
        assert [one["envFrom"] for one in pod["containers"]] == [
            [{"configMapRef": {"name": "victor"}}, {"secretRef": {"name": "victor"}}]
        ]


def test_everything_has_longer_to_end_than_the_supervisor_needs() -> None:
    services = read_compose()["services"]
    graces = [
        *(read_unit(path)["Service"]["TimeoutStopSec"] for path in UNITS),
        *(services[name]["stop_grace_period"].removesuffix("s") for name in ("web", "worker")),
        *(pod["terminationGracePeriodSeconds"] for pod in pods()),
    ]
    assert len(graces) == 7
    assert [grace for grace in graces if int(grace) < 2 * NEEDED_GRACE_S] == []


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.name)
def test_units_leave_the_end_and_the_deaths_to_the_supervisor(path: Path) -> None:
    unit = read_unit(path)
    assert unit["Service"]["KillMode"] == "mixed"
    assert unit["Service"]["OOMPolicy"] == "continue"


def test_selectors_and_names_fit_together() -> None:
    deployments = {one["metadata"]["name"]: one for one in manifests("Deployment")}
    labels = {name: one["spec"]["template"]["metadata"]["labels"] for name, one in deployments.items()}

    assert {name: one["spec"]["selector"]["matchLabels"] for name, one in deployments.items()} == labels
    assert manifests("Service")[0]["spec"]["selector"] == labels["victor-web"]
    assert manifests("PodDisruptionBudget")[0]["spec"]["selector"]["matchLabels"] == labels["victor-worker"]
    assert manifests("ScaledObject")[0]["spec"]["scaleTargetRef"]["name"] in deployments


def test_a_sample_that_was_not_filled_in_is_refused(tmp_path: Path) -> None:
    samples = manifests("Secret")[0]["stringData"]
    assert [value for value in samples.values() if PLACEHOLDER not in value] == []
    for name, value in samples.items():
        done = subprocess.run(
            [sys.executable, "-m", "victoros.ops", "status"],
            cwd=ROOT,
            env={"PATH": "/usr/bin:/bin", "VICTOR_HOME": str(tmp_path), name: value},
            capture_output=True,
            text=True,
        )
        assert done.returncode == 1
        assert done.stderr.count("\n") == 1
        assert f"{name} still says {PLACEHOLDER}" in done.stderr
    assert list(tmp_path.iterdir()) == []


def count_work() -> int:
    """Ask what the autoscaler asks."""
    trigger = manifests("ScaledObject")[0]["spec"]["triggers"][0]
    assert trigger["type"] == "postgresql"
    with connection.cursor() as cursor:
        cursor.execute(trigger["metadata"]["query"])
        rows = cursor.fetchall()
    return int(rows[0][0])


def give(swarm: Swarm, number: int, **fields: Any) -> list[Task]:
    return [create_task(actor=OPERATOR, swarm=swarm, title=f"Task {n}", **fields) for n in range(number)]


@pytest.mark.django_db
def test_without_work_no_worker_is_wanted() -> None:
    assert count_work() == 0
    make_worker(make_swarm(), max_active=5)
    assert count_work() == 0


@pytest.mark.django_db
def test_ready_tasks_count_as_far_as_agents_of_their_swarm_are_free() -> None:
    one, other = make_swarm(), make_swarm()
    make_worker(one, max_active=2)
    make_worker(one, max_active=1, name="second")
    make_worker(other, max_active=10)
    give(one, 5)
    give(other, 4)
    assert count_work() == 3 + 4


@pytest.mark.django_db
def test_work_on_the_cells_and_work_that_may_go_on_counts_too() -> None:
    swarm = make_swarm()
    make_worker(swarm, max_active=3)
    give(swarm, 5)
    StillCell().take(2)
    assert Attempt.objects.filter(status="running").count() == 2
    assert count_work() == 2 + 1
    Attempt.objects.filter(pk=Attempt.objects.earliest("pk").pk).update(status="ready", cell=None)
    assert count_work() == 1 + 1 + 1


@pytest.mark.django_db
def test_what_waits_or_may_not_begin_does_not_count() -> None:
    swarm = make_swarm()
    make_worker(swarm, max_active=9)
    late, *_ = give(swarm, 2)
    give(swarm, 1, backlog=True)
    Task.objects.filter(pk=late.pk).update(not_before=timezone.now() + timedelta(minutes=5))
    assert count_work() == 1
    StillCell().take()
    Attempt.objects.update(status="waiting", waiting_for="approval", cell=None)
    assert count_work() == 0
    Attempt.objects.update(status="ready", waiting_for="")
    assert count_work() == 1
    pause_swarm(actor=OPERATOR, swarm=swarm)
    assert count_work() == 0


@pytest.mark.django_db
def test_tasks_of_an_agent_that_is_held_do_not_count() -> None:
    swarm = make_swarm()
    make_worker(swarm)
    give(swarm, 1)
    Agent.objects.update(desired_state="paused")
    assert count_work() == 0
