"""`chaos hosts`: three hosts work on one PostgreSQL and one Redis. One is killed, one is added under load, one is cut off from both
and comes back as a zombie, one ends in order. Each time the work of the one moves to the others, and the page tells who does what.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from django.db import connection
from django.db.models import QuerySet

from agents.models import Provider
from tasks.models import Attempt, Cell
from victoros.dashboard.cells import read_cells
from victoros.ops.chaos import programs
from victoros.ops.chaos.network import Network, running_network
from victoros.ops.chaos.processes import CALM_S, ROOT, await_true
from victoros.ops.chaos.proxy import Line
from victoros.ops.chaos.work import KeptBusy
from victoros.ops.chaos.world import World, held_by
from victoros.ops.processes import end_with_parent

MUST_MOVE_S = 15.0
REDIS_PORT = 6399
SLOTS = "40"
"""Of each cell: fewer than there is work for, so that it spreads."""
ENDED_S = 20.0
TAKEN_OVER_S = 3.0


@dataclass
class Hosts:
    """The hosts of one run, by name."""

    world: World
    network: Network
    environment: dict[str, str]
    cells: int
    running: dict[str, subprocess.Popen[bytes]]

    def start(self, name: str) -> None:
        """Add a host and start the program on it."""
        self.network.add(name)
        home = self.world.home / name
        home.mkdir()
        command = [sys.executable, "-m", "victoros.ops.chaos.host", "--home", str(home)]
        with open(home / "worker.log", "ab") as log:
            self.running[name] = subprocess.Popen(
                self.network.command(name, *command),
                cwd=ROOT, env={**self.environment, "VICTOR_HOME": str(home)}, stdout=log, stderr=log,
                preexec_fn=end_with_parent(signal.SIGTERM),
            )  # fmt: skip

    def cells_of(self, name: str) -> list[Cell]:
        """Return the cells that live on a host."""
        return [cell for cell in Cell.objects.filter(status="alive").order_by("pk") if cell.host_name == name]

    def await_working(self, *names: str) -> float:
        """Wait until each host has all its cells and work in hand; returns the seconds."""
        began = time.monotonic()
        for name in names:
            await_true(lambda name=name: self._works(name), 90, f"{name} did not work", look_s=0.1)  # type: ignore[misc]
        return time.monotonic() - began

    def _works(self, name: str) -> bool:
        cells = self.cells_of(name)
        return len(cells) == self.cells and any(map(held_by, cells))

    def taken_over(self, name: str) -> QuerySet[Attempt]:
        """Return what a host has of others that were lost, and has not made a step there yet."""
        return Attempt.objects.filter(cell__in=self.cells_of(name), status="running", unclear_deaths__gt=0)

    def await_taken_over(self, name: str) -> bool:
        """Wait until a host has such work; False if it got none: others were quicker."""
        deadline = time.monotonic() + TAKEN_OVER_S
        while time.monotonic() < deadline:
            if self.taken_over(name).exists():
                return True
            time.sleep(0.02)
        return False

    def await_moved(self, name: str, cells: list[Cell]) -> float:
        """Wait until nothing hangs on these cells any more and none passes for alive; returns the seconds."""
        began = time.monotonic()
        ids = [cell.pk for cell in cells]
        await_true(
            lambda: not Attempt.objects.filter(cell__in=ids, status="running").exists()
            and not Cell.objects.filter(pk__in=ids, status="alive").exists(),
            60, f"the work of {name} did not move", look_s=0.05,
        )  # fmt: skip
        return time.monotonic() - began

    def note(self, name: str, way: str) -> list[Cell]:
        """Write down what is about to happen to a host, with what its cells have in hand."""
        cells = self.cells_of(name)
        for cell in cells:
            self.world.note("kill", cell=cell.pk, way=way, host=name, attempts=held_by(cell))
        return cells


def run(world: World) -> dict[str, Any]:
    """Do everything to the hosts; returns how long each move took."""
    said: list[str] = []
    figures: dict[str, Any] = {}
    with _hosts(world) as hosts:
        with KeptBusy(world, batch=200, steps=5) as work:
            _do_everything(hosts, figures, said)
        settled = world.await_settled(work.tasks, 180)
    said += [] if settled else ["not all work had ended 180 s after the last fault"]
    moves = {name: round(seconds, 2) for name, seconds in figures.items()}
    said += [f"{name} took {seconds} s" for name, seconds in moves.items() if seconds > MUST_MOVE_S and "moved" in name]
    return {**moves, "settled": settled, "violations": said}


def _do_everything(hosts: Hosts, figures: dict[str, Any], said: list[str]) -> None:
    hosts.world.steer_outside(latency_s=0.5)
    for name in ("east", "west", "north"):
        hosts.start(name)
    figures["spread_over_3_hosts_s"] = hosts.await_working("east", "west", "north")
    _compare_page(hosts, ["east", "north", "west"], said)
    for number in range(hosts.world.plan.size(4, 1)):
        if not hosts.world.time_is_up:
            _torment(hosts, number, figures, said)
    _end_in_order(hosts, "north", figures, said)


def _torment(hosts: Hosts, number: int, figures: dict[str, Any], said: list[str]) -> None:
    """Kill the first host, add another, cut off the second until its work has moved, and let it come back.

    Every other time the second is cut off as soon as it has work of the first, before that has made a step there, if it gets any.
    """
    killed, added = ("east" if number == 0 else f"new{number}"), f"new{number + 1}"
    cells = hosts.note(killed, "host")
    hosts.network.kill(killed)
    _keep_longest(figures, "killed_host_moved_s", hosts.await_moved(killed, cells))
    _compare_page(hosts, ["north", "west"], said)
    hosts.start(added)
    at_once = number % 2 and hosts.await_taken_over("west")
    if not at_once:
        _keep_longest(figures, "added_host_works_s", hosts.await_working(added))

    cells = hosts.note("west", "cut")
    hosts.network.unplug("west", "data")
    if at_once:
        figures["hit_twice"] = figures.get("hit_twice", 0) + hosts.taken_over("west").count()
    _keep_longest(figures, "cut_host_moved_s", hosts.await_moved("west", cells))
    hosts.await_working(added)
    _compare_page(hosts, sorted(["north", added]), said)
    time.sleep(hosts.world.plan.random.uniform(0.5, 3.0))
    hosts.network.plug_in_again("west", "data")
    hosts.world.note("back", host="west")
    _keep_longest(figures, "cut_host_works_again_s", hosts.await_working("west"))
    _compare_page(hosts, sorted(["north", "west", added]), said)
    if again := set(Cell.objects.filter(pk__in=[cell.pk for cell in cells]).values_list("status", flat=True)) - {
        "dead"
    }:
        said.append(f"cells of the host that was cut off are {', '.join(sorted(again))}")


def _end_in_order(hosts: Hosts, name: str, figures: dict[str, Any], said: list[str]) -> None:
    """SIGTERM to one host: it ends well, and no other loses a cell."""
    others = {cell.pk for cell in Cell.objects.filter(status="alive") if cell.host_name != name}
    began = time.monotonic()
    hosts.running[name].send_signal(signal.SIGTERM)
    code = hosts.running[name].wait(60)
    figures["ended_host_s"] = time.monotonic() - began
    if code or figures["ended_host_s"] > ENDED_S:
        said.append(f"{name} ended with {code} after {figures['ended_host_s']:.1f} s")
    if gone := others - set(Cell.objects.filter(status="alive").values_list("pk", flat=True)):
        said.append(f"the end of {name} took cells of other hosts with it: {sorted(gone)}")


def _compare_page(hosts: Hosts, expected: list[str], said: list[str]) -> None:
    """Let the page *Cells* tell which hosts work."""
    shown = sorted({row.cell.host_name for row in read_cells().alive})
    if shown != expected:
        said.append(f"the page shows {', '.join(shown)} instead of {', '.join(expected)}")


def _keep_longest(figures: dict[str, Any], name: str, seconds: float) -> None:
    figures[name] = max(figures.get(name, 0.0), seconds)


@contextmanager
def _hosts(world: World) -> Iterator[Hosts]:
    """Make the network, and let the servers answer on it."""
    with ExitStack() as stack:
        network = stack.enter_context(running_network())
        running: dict[str, subprocess.Popen[bytes]] = {}
        environment = {**_shared_settings(world), **_let_servers_answer(world, network, stack)}
        stack.callback(_reap, running)
        yield Hosts(world, network, environment, world.plan.size(2, 1), running)


def _shared_settings(world: World) -> dict[str, str]:
    """Return the environment of this run, the secret key among it, with the times of its size."""
    lease, beat = world.plan.size(("10.0", "2.0"), ("4.0", "0.8"))
    shared = {"VICTOR_SWARMS": str(world.home / "swarms"), "VICTOR_CELLS": str(world.plan.size(2, 1))}
    timing = {"VICTOR_LEASE_S": lease, "VICTOR_HEARTBEAT_S": beat, "VICTOR_CELL_SLOTS": SLOTS}
    return {**os.environ, **CALM_S, **shared, **timing}


def _let_servers_answer(world: World, network: Network, stack: ExitStack) -> dict[str, str]:
    """Make PostgreSQL and Valkey answer on one switch and the outside on the other; returns what hosts are told."""
    assert world.postgres
    data, open_world = network.gateways["data"], network.gateways["world"]
    connection.close()
    server = world.postgres.listen_on(data, network.clients("data"))
    database = f"{server.rpartition('/')[0]}/{world.database_url.rpartition('/')[2]}"
    world.valkey.listen_on(data, REDIS_PORT)
    address = urlsplit(world.outside_url)
    line = Line((str(address.hostname), int(address.port or 0)), open_world)
    stack.callback(line.close)
    outside = f"http://{open_world}:{line.port}"
    Provider.objects.filter(name="outside").update(base_url=f"{outside}/v1")
    redis = f"redis://{data}:{REDIS_PORT}/0"
    return {"VICTOR_DATABASE_URL": database, "VICTOR_REDIS_URL": redis, programs.OUTSIDE_URL: outside}


def _reap(running: dict[str, subprocess.Popen[bytes]]) -> None:
    for process in running.values():
        process.kill()
        process.wait()
