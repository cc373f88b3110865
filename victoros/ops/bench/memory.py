"""`bench memory`: whether processes grow under full load."""

import time
from collections import defaultdict
from pathlib import Path
from typing import Any

import psutil

from agents.models import Swarm
from tasks.models import Step, Task
from victoros.ops.bench import programs  # noqa: F401  (registers the program)
from victoros.ops.bench.crewed import running_crew
from victoros.ops.bench.fits import doubt, lowest, slope
from victoros.ops.bench.swarms import give, make_agents, make_swarm

WARM_UP = 1 / 3
"""The part of the time that does not count: caches and pools fill."""
LOOK_S = 5.0
AT_ONCE, STOCK = 100, 400

MINUTE_H = 1 / 60
"""A cell gives unused pages back so often (`victoros.lib.heap`): the lowest look in between is what it keeps."""

Point = tuple[float, float]
"""Hours since the beginning, megabytes."""
Look = tuple[float, float, float]
"""Hours since the beginning, megabytes without a file behind them, megabytes private to the process."""
ANONYMOUS, PRIVATE = 1, 2
Samples = dict[str, list[Look]]
"""By the name of the process."""


def measure_memory(runs: int, minutes: float) -> dict[str, Any]:
    """Keep one cell under full load and fit a line through the anonymous memory of each process after the warm-up.

    What is private to a process is told beside it and says less: a page of the database that no other process has mapped just
    now counts as private, and so does one it shared with its parent until either of them wrote to it. Beside it is also told the
    line through the lowest look of each minute, what a process keeps when it has given back what it did not use, and the
    standard error of that: over half an hour the ups and downs of a megabyte make a line as steep as the goal.
    """
    with running_crew(1) as supervisor:
        swarm = make_swarm()
        make_agents(swarm, 1, max_active=AT_ONCE)
        samples = _watch(supervisor, swarm, minutes * 60)
    points = _after_warm_up(samples, ANONYMOUS)
    slopes, kept = _slopes(points), {name: lowest(found, MINUTE_H) for name, found in points.items()}
    return {
        "figure": max(slopes.values(), default=0.0),
        "unit": "MB/h, the process that grows most",
        "floor": 0.0,
        "floor_is": "no growth",
        "ratio": None,
        "mb_per_hour": slopes,
        "mb_at_the_end": {name: round(looks[-1][ANONYMOUS], 1) for name, looks in samples.items()},
        "mb_by_tenth": {name: _tenths(looks) for name, looks in samples.items()},
        "kept_mb_per_hour": _slopes(kept),
        "kept_error_mb_per_hour": {name: round(doubt(found), 2) for name, found in kept.items() if len(found) > 2},
        "private_mb_per_hour": _slopes(_after_warm_up(samples, PRIVATE)),
        "steps": Step.objects.count(),
        "work": f"one cell under full load for {minutes:g} minutes, the first third not counted; anonymous memory of each process",
    }


def _watch(supervisor: psutil.Process, swarm: Swarm, seconds: float) -> Samples:
    """Look at each process, by name, now and then; tasks are given as fast as they are done."""
    samples: Samples = defaultdict(list)
    began = looked = time.monotonic()
    while time.monotonic() - began < seconds:
        if Task.objects.filter(swarm=swarm, status="ready").count() < STOCK:
            give(swarm, STOCK, 10)
        if time.monotonic() - looked >= LOOK_S:
            looked = time.monotonic()
            for process in [supervisor, *supervisor.children(recursive=True)]:
                samples[_name(process, supervisor)].append(_look_at(process, (looked - began) / 3600))
        time.sleep(0.05)
    return dict(samples)


def _name(process: psutil.Process, supervisor: psutil.Process) -> str:
    """Return what a process is: the supervisor, a child of it by its title, or the cell that a worker is the parent of."""
    if process == supervisor:
        return "supervisor"
    if process.ppid() != supervisor.pid:
        return "cell"
    title = process.cmdline()[0].removeprefix("victor ")
    return "worker" if title.startswith("rq:worker") else title


def _look_at(process: psutil.Process, hours: float) -> Look:
    rollup = Path(f"/proc/{process.pid}/smaps_rollup").read_text()
    kilobytes = {line.split(":")[0]: int(line.split()[1]) for line in rollup.splitlines()[1:]}
    private = kilobytes["Private_Clean"] + kilobytes["Private_Dirty"]
    return hours, kilobytes["Anonymous"] * 1024 / 1e6, private * 1024 / 1e6


def _tenths(looks: list[Look]) -> list[float]:
    """Return the anonymous memory at the end of each tenth of the time, in megabytes: whether growth goes on or comes to rest."""
    return (
        [round(looks[len(looks) * tenth // 10 - 1][ANONYMOUS], 2) for tenth in range(1, 11)] if len(looks) > 9 else []
    )


def _after_warm_up(samples: Samples, which: int) -> dict[str, list[Point]]:
    """Return what counts of one kind of memory, by process."""
    latest = max(look[0] for looks in samples.values() for look in looks)
    return {
        name: [(look[0], look[which]) for look in looks if look[0] >= latest * WARM_UP]
        for name, looks in samples.items()
    }


def _slopes(points: dict[str, list[Point]]) -> dict[str, float]:
    """Return the growth of each process, in MB/h."""
    return {name: round(slope(found), 2) for name, found in points.items() if len(found) > 2}
