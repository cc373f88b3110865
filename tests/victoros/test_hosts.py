"""The hosts on the page *Cells* and in `./victor status`: who works, who is silent, who died, what waits."""

import json
import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from agents.models import Swarm
from tasks.engine.reconciler import LEASE_NAME
from tasks.models import Cell, Lease, Outbox
from tests.agents.factories import make_swarm, make_user
from tests.tasks.pages.rows import make_attempt, make_task, make_tasks
from victoros.dashboard.cells import HostRow, read_cells, read_hosts, read_queues
from victoros.lib.clock import now_plus
from victoros.ops.status import describe, read_work

pytestmark = pytest.mark.django_db

EAST, WEST, TWIN = "east/11111111", "west/22222222", "east/33333333"
QUERIES = 12
"""Session and person, versions, two of cells, the clock, the scheduler, three of what waits, figures of the frame."""


def host(name: str) -> HostRow:
    """Return what is said about one host."""
    return next(row for row in read_hosts(read_cells()) if row.host == name)


def ago(seconds: float) -> Any:
    """Return a moment that long past."""
    return timezone.now() - timedelta(seconds=seconds)


def hold_scheduler(name: str, seconds: float = 60) -> None:
    """Let a process of a host be the one that puts things right."""
    Lease.objects.create(name=LEASE_NAME, holder=f"{name}:4711", until=now_plus(timedelta(seconds=seconds)))


def drive(cell: Cell, number: int) -> None:
    """Let so many attempts hang on a cell."""
    for _ in range(number):
        make_attempt(make_task(status="in_progress"), status="running", cell=cell)


def test_each_host_has_its_own_cells_even_if_two_have_one_name() -> None:
    for name, pid, number in ((EAST, 1, 3), (EAST, 2, 4), (TWIN, 1, 5)):
        drive(Cell.objects.create(host=name, pid=pid), number)
    rows = read_hosts(read_cells())
    assert [(row.name, row.mark, len(row.cells), row.running) for row in rows] == [
        ("east", "11111111", 2, 7),
        ("east", "33333333", 1, 5),
    ]


def test_a_host_is_silent_when_all_its_cells_are() -> None:
    Cell.objects.create(host=EAST, pid=1, heartbeat_at=ago(30))
    Cell.objects.create(host=WEST, pid=1, heartbeat_at=ago(30))
    Cell.objects.create(host=WEST, pid=2)
    assert host(EAST).is_late
    assert not host(WEST).is_late


def test_a_host_that_lost_its_cells_stays_for_an_hour() -> None:
    Cell.objects.create(host=EAST, pid=1, status="dead", ended_at=ago(60), reason="silent for 10 s")
    Cell.objects.create(host=WEST, pid=1, status="dead", ended_at=ago(3700), reason="silent for 10 s")
    Cell.objects.create(host=TWIN, pid=1, status="ended", ended_at=ago(60))
    assert [row.host for row in read_hosts(read_cells())] == [EAST]
    assert host(EAST).heartbeat_at is None


def test_the_host_whose_scheduler_puts_things_right_is_named() -> None:
    Cell.objects.create(host=EAST, pid=1)
    hold_scheduler(WEST)
    assert host(WEST).holds_scheduler
    assert not host(EAST).holds_scheduler


def test_nobody_holds_a_lease_that_ran_out() -> None:
    Cell.objects.create(host=EAST, pid=1)
    hold_scheduler(EAST, seconds=-1)
    assert not host(EAST).holds_scheduler


def test_what_waits_is_counted() -> None:
    swarm = make_swarm()
    make_tasks(swarm, 3, status="ready", status_since=ago(20))
    make_tasks(swarm, 2, status="completed")
    make_attempt(make_task(swarm, status="in_progress"), status="ready", ready_at=ago(50))
    make_attempt(make_task(swarm, status="in_progress"), status="waiting", waiting_for="time")
    make_attempt(make_task(swarm, status="in_progress"), status="running")
    unrung = Outbox.objects.filter(rung_at=None).count()
    queues = read_queues()
    assert (queues.ready, queues.waiting, queues.unrung) == (4, 1, unrung)
    assert queues.oldest_ready_at
    assert 49 < (timezone.now() - queues.oldest_ready_at).total_seconds() < 80


def test_nothing_waits_in_an_empty_installation() -> None:
    queues = read_queues()
    assert (queues.ready, queues.waiting, queues.unrung, queues.oldest_ready_at) == (0, 0, 0, None)


def test_the_page_shows_hosts_and_costs_the_same_queries_for_few_and_many(client: Client) -> None:
    client.force_login(make_user(superuser=True))
    swarm, counts = make_swarm(), []
    for number in (2, 300):
        Cell.objects.bulk_create(Cell(host=f"h{n}/{n:08d}", pid=number) for n in range(number))
        make_tasks(swarm, number, status="ready")
        with CaptureQueriesContext(connection) as queries:
            page = client.get("/cells/").text
        counts.append(len(queries))
        assert page.count('data-key="host-') == number
    assert "the first 200 are listed" in page
    assert counts[0] == counts[1]
    assert counts[1] <= QUERIES


def test_the_status_says_the_same_as_the_page() -> None:
    drive(Cell.objects.create(host=EAST, pid=1, heartbeat_at=ago(30)), 3)
    Cell.objects.create(host=EAST, pid=2, status="dead", ended_at=ago(60), reason="silent for 10 s")
    hold_scheduler(EAST)
    make_tasks(make_swarm(), 2, status="ready", status_since=ago(20))
    found = json.loads(json.dumps(read_work()))
    one = found["hosts"][0]
    assert 29 < one.pop("heartbeat_s") < 60
    assert one == {
        "name": "east", "mark": "11111111", "cells": 1, "attempts": 3,
        "silent": True, "scheduler": True, "died_in_the_last_hour": 1,
    }  # fmt: skip
    assert found["queues"]["ready"] == 2


def test_the_status_has_a_line_for_each_host() -> None:
    drive(Cell.objects.create(host=EAST, pid=1), 1)
    drive(Cell.objects.create(host=WEST, pid=1), 2)
    hold_scheduler(WEST)
    counts: dict[str, Any] = {"attention": 0, "swarms": {}, "agents": {}, "tasks": {}, "cells": 2}
    where = {"url": "", "pid": 1, "home": "/srv/victor", "status": "running", "processes": []}
    lines = describe({**where, **counts, **read_work()}).splitlines()
    east = next(n for n, line in enumerate(lines) if line.startswith("hosts "))
    assert lines[east].startswith("hosts       east (11111111): 1 cell, 1 attempt, heartbeat ")
    assert lines[east + 1].startswith("            west (22222222): 1 cell, 2 attempts, heartbeat ")
    assert lines[east + 1].endswith("puts things right")
    assert lines[east + 2] == "queue       0 ready, 0 waiting, 0 wake-ups not looked at"


def test_a_cell_shows_what_it_holds_and_only_what_one_may_see(client: Client) -> None:
    mine, foreign = make_swarm("mine"), make_swarm("foreign")
    cell = Cell.objects.create(host=EAST, pid=1)
    for swarm, title in ((mine, "my task"), (foreign, "secret task")):
        make_attempt(make_task(swarm, title=title), status="running", cell=cell)
    client.force_login(make_user("viewer", mine))

    page = client.get(f"/cells/{cell.pk}/").text

    assert "my task" in page
    assert "secret" not in page
    assert client.get("/cells/999/").status_code == 404


def test_a_hundred_cells_on_three_hosts_are_each_a_tile_under_its_host(client: Client) -> None:
    client.force_login(make_user(superuser=True))
    Cell.objects.bulk_create(Cell(host=f"h{n % 3}/{n % 3:08d}", pid=n, slots=10) for n in range(100))

    page = client.get("/cells/").text

    assert page.count('data-key="cell-') == 100
    assert page.count('data-key="on-') == 3
    assert len(re.findall(r"<[a-z]", page)) < 2500


def fill_queues(swarm: Swarm) -> None:
    """Leave two tasks and one attempt to be taken up, three attempts on an ended cell, one on a living one and one that waits."""
    ended = Cell.objects.create(host=EAST, pid=5, status="ended", ended_at=ago(60), reason="it was asked to")
    make_tasks(swarm, 2, status="ready")
    make_tasks(swarm, 3, status="blocked")
    make_attempt(make_task(swarm, status="in_progress"), status="ready")
    make_attempt(make_task(swarm, status="blocked"), status="waiting", waiting_for="mail")
    make_attempt(make_task(swarm, status="in_progress"), status="running", cell=Cell.objects.create(host=EAST, pid=6))
    for _ in range(3):
        make_attempt(make_task(swarm, status="in_progress"), status="running", cell=ended)


@pytest.mark.parametrize("role", ["", "viewer"])
def test_every_number_of_the_queues_opens_to_as_many_rows(client: Client, role: str) -> None:
    swarm, foreign = make_swarm("mine"), make_swarm("foreign")
    fill_queues(swarm)
    if role:
        fill_queues(foreign)
    client.force_login(make_user(role, swarm, superuser=not role))

    page = client.get("/cells/").text

    tiles = re.findall(r'<a href="(/[^"]*)"><span class="label">[^<]*</span><span class="n">([0-9,]+)<', page)
    assert [int(said) for _, said in tiles] == [2, 1, 1, 1]
    for address, said in tiles:
        listed = client.get(address).text
        assert len(re.findall(r'<tr data-key="(?:task|attempt)-', listed)) == int(said), address


def test_an_ended_cell_says_when_and_counts_what_still_hangs_on_it(client: Client) -> None:
    fill_queues(make_swarm())
    client.force_login(make_user(superuser=True))
    cell = Cell.objects.get(status="ended")

    page = client.get(f"/cells/{cell.pk}/").text

    assert re.search(r"ended .{1,200} ago: it was asked to", page)
    assert '<span class="label">Attempts</span><span class="n">3<' in page
    assert page.count('data-key="attempt-') == 3
