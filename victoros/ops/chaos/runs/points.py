"""`chaos points`: small worlds whose processes die, freeze or lose the database at labelled points, as a seed draws it."""

import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.db import connections

from tasks.engine.points import Point
from victoros.ops.chaos.points import programs  # noqa: F401  (registers what the agents do, before the forks)
from victoros.ops.chaos.points.director import fork
from victoros.ops.chaos.points.places import TEMPLATE, Databases, Files, Place, prepare
from victoros.ops.chaos.points.schedule import AFTER_COMMIT, BEFORE_COMMIT, Passed, Schedule, draw
from victoros.ops.chaos.points.troupe import Report, Troupe
from victoros.ops.chaos.processes import ChaosFailed
from victoros.ops.chaos.world import World
from victoros.ops.postgres import PostgresServer

ENOUGH = 500
"""Schedules in which every point must have its crash."""
TOLD = 10
"""Broken schedules that are described; the others are counted."""


def run(world: World) -> dict[str, Any]:
    """Play the schedules of the seed, or the one that was asked for; returns what happened in them."""
    connections.close_all()
    folder = world.home / "points"
    folder.mkdir()
    server = _start_server(folder) if world.postgres else None
    try:
        troupe = _make_troupe(folder, server)
        passed = troupe.rehearse()
        if world.plan.only is not None:
            return _replay(troupe, draw(world.plan.seed, world.plan.only, passed))
        return _play(world, troupe, passed)
    finally:
        if server:
            server.stop()


def _start_server(folder: Path) -> PostgresServer:
    """Start a server that does not sync: here processes die, never the machine."""
    data = folder / "postgres"
    data.mkdir()
    return PostgresServer(data, durable=False)


def _make_troupe(folder: Path, server: PostgresServer | None) -> Troupe:
    place: Place
    if server:
        place = Databases(server.url)
        server.make_database(TEMPLATE)
    else:
        place = Files(folder)
    if os.waitpid(fork(lambda: prepare(place)), 0)[1]:
        raise ChaosFailed("The database of the small worlds could not be prepared.")
    return Troupe(place, folder)


def _play(world: World, troupe: Troupe, passed: Passed) -> dict[str, Any]:
    number = world.plan.size(10_000, ENOUGH)
    schedules = [draw(world.plan.seed, n, passed) for n in range(number)]
    reports = troupe.play_all(schedules, lambda: world.time_is_up)
    happened = Counter(crash["label"] for report in reports for crash in report["happened"])
    kinds = Counter(crash["kind"] for report in reports for crash in report["happened"])
    spared = sorted({*Point.values, BEFORE_COMMIT, AFTER_COMMIT} - happened.keys())
    broken = [report for report in reports if report["broken"]]
    return {
        "schedules": len(reports),
        "schedules_broken": len(broken),
        "lives": sum(report["lives"] for report in reports),
        "crashes": sum(happened.values()),
        **{f"crashes_{kind}": kinds[kind] for kind in sorted(kinds)},
        "points": len(happened),
        "fewest_crashes_at_a_point": min(happened.values(), default=0),
        "violations": [
            *(words for report in broken[:TOLD] for words in _describe(world, troupe, schedules, report)),
            *([f"and {len(broken) - TOLD} more broken schedules"] if len(broken) > TOLD else []),
            *(f"no schedule had a crash at {label}" for label in spared if len(reports) >= ENOUGH),
        ],
    }


def _describe(world: World, troupe: Troupe, schedules: list[Schedule], report: Report) -> Iterator[str]:
    """Tell what broke, with the fewest crashes that break something."""
    shortest = _shorten(troupe, schedules[report["number"]], report)
    again = f"{world.plan.command} --only {report['number']}"
    yield f"{shortest['schedule']}\n      again: {again}\n      " + "\n      ".join(shortest["broken"])


def _shorten(troupe: Troupe, schedule: Schedule, report: Report) -> Report:
    for count in range(len(schedule.crashes)):
        found = troupe.play(schedule.with_first(count))
        if found["broken"]:
            return found
    return report


def _replay(troupe: Troupe, schedule: Schedule) -> dict[str, Any]:
    """Play one schedule and tell it line by line."""
    report = troupe.play(schedule)
    lines = [report["schedule"], *(_line(entry) for entry in report["trace"])]
    return {"trace": "\n    ".join(lines), "violations": report["broken"]}


def _line(entry: dict[str, Any]) -> str:
    facts = {name: value for name, value in entry.items() if name not in ("at", "pid", "event", "passed")}
    return f"process {entry['pid']}: {entry['event']} " + ", ".join(f"{name} {value}" for name, value in facts.items())
