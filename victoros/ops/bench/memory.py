"""`bench memory`: whether processes grow under full load."""

import time
from collections import defaultdict
from typing import Any

import psutil

from agents.models import Swarm
from tasks.models import Step, Task
from victoros.ops.bench import programs  # noqa: F401  (registers the program)
from victoros.ops.bench.crewed import running_crew
from victoros.ops.bench.fits import slope
from victoros.ops.bench.swarms import give, make_agents, make_swarm

WARM_UP = 1 / 3
"""The part of the time that does not count: caches and pools fill."""
LOOK_S = 5.0
AT_ONCE, STOCK = 100, 400

Samples = dict[str, list[tuple[float, float]]]


def measure_memory(runs: int, minutes: float) -> dict[str, Any]:
    """Keep one cell under full load and fit a line through the private memory of each process after the warm-up."""
    with running_crew(1) as supervisor:
        swarm = make_swarm()
        make_agents(swarm, 1, max_active=AT_ONCE)
        samples = _watch(supervisor, swarm, minutes * 60)
    slopes = {name: round(slope(points), 2) for name, points in _after_warm_up(samples).items() if len(points) > 2}
    last = {name: round(points[-1][1], 1) for name, points in samples.items()}
    figure = max(slopes.values(), default=0.0)
    return {
        "figure": figure,
        "unit": "MB/h, the process that grows most",
        "floor": 0.0,
        "floor_is": "no growth",
        "ratio": None,
        "mb_per_hour": slopes,
        "mb_at_the_end": last,
        "steps": Step.objects.count(),
        "work": f"one cell under full load for {minutes:g} minutes, the first third not counted; memory private to each process",
    }


def _watch(supervisor: psutil.Process, swarm: Swarm, seconds: float) -> Samples:
    """Return hours and megabytes of each process, by name; tasks are given as fast as they are done."""
    samples: Samples = defaultdict(list)
    began = looked = time.monotonic()
    while time.monotonic() - began < seconds:
        if Task.objects.filter(swarm=swarm, status="ready").count() < STOCK:
            give(swarm, STOCK, 10)
        if time.monotonic() - looked >= LOOK_S:
            looked = time.monotonic()
            for name, megabytes in _private_mb(supervisor):
                samples[name].append(((looked - began) / 3600, megabytes))
        time.sleep(0.05)
    return dict(samples)


def _private_mb(supervisor: psutil.Process) -> list[tuple[str, float]]:
    """Return what each process alone holds: pages of the database file that it maps belong to the system."""
    tree = [supervisor, *supervisor.children(recursive=True)]
    return [(f"{n} pid {process.pid}", process.memory_full_info().uss / 1e6) for n, process in enumerate(tree)]


def _after_warm_up(samples: Samples) -> Samples:
    latest = max(hours for points in samples.values() for hours, _ in points)
    return {name: [point for point in points if point[0] >= latest * WARM_UP] for name, points in samples.items()}
