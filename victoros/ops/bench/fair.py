"""`bench fair`: what a swarm with ten thousand ready tasks does to another swarm's dispatch."""

import statistics
import time
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from agents.models import Swarm
from audit.actors import SYSTEM
from tasks.models import Attempt, Task
from tasks.services.control import stop_swarm
from victoros.ops.bench import programs  # noqa: F401  (registers the program)
from victoros.ops.bench.crewed import await_true, running_crew
from victoros.ops.bench.dispatch import sample_ms
from victoros.ops.bench.swarms import give, make_agents, make_swarm

SAMPLES, READY, LATENCY_MS = 100, 10_000, 20_000
HOLDS = 900
"""Places that one swarm alone may hold in a cell of 1,000."""
CALM_S = 2.0
"""What is cut off in the cell by a stop has gone after that."""


def measure_fair(runs: int) -> dict[str, Any]:
    """Dispatch latency of a small swarm alone, and beside one that fills its share and has 10,000 more tasks ready.

    By turns, so that whatever else the machine does falls on both: the ratio is the median of those of the turns.
    """
    with running_crew(1):
        small = make_swarm()
        make_agents(small, 1)
        for _ in range(10):
            sample_ms(small)
        alone, crowds = [_p50_and_p99(small)], []
        for _ in range(runs):
            crowds.append(_beside_a_crowd(small))
            alone.append(_p50_and_p99(small))
    beside = [one.beside for one in crowds]
    floors = [statistics.mean((before[0], after[0])) for before, after in pairwise(alone)]
    ratios = [p50 / floor for (p50, _), floor in zip(beside, floors, strict=True)]
    return {
        "figure": round(statistics.median(p50 for p50, _ in beside), 2),
        "unit": "ms (p50) beside the big swarm",
        "floor": round(statistics.median(floors), 2),
        "floor_is": "the same alone, the mean of before and after",
        "ratio": round(statistics.median(ratios), 2),
        "ratios": [round(ratio, 2) for ratio in ratios],
        "p99": round(statistics.median(p99 for _, p99 in beside), 2),
        "p99_alone": round(statistics.median(p99 for _, p99 in alone), 2),
        "places_held_by_the_big_swarm": crowds[-1].held,
        "tasks_it_had_ready": crowds[-1].ready,
        "work": f"{SAMPLES} tasks of the small swarm, one after the other; one cell of 1,000 places",
    }


@dataclass(frozen=True)
class _Crowd:
    """What was seen while a big swarm was at work."""

    beside: tuple[float, float]
    held: int
    ready: int


def _beside_a_crowd(small: Swarm) -> _Crowd:
    """Let a big swarm fill its share, sample the small one, and stop the big one."""
    crowd = make_swarm(model=f"stub200?latency_ms={LATENCY_MS}")
    make_agents(crowd, 2, max_active=HOLDS)
    give(crowd, HOLDS, 1_000)
    give(crowd, READY, 1_000)
    await_true(lambda: _driven(crowd) >= HOLDS, 60, "the big swarm did not get its places")
    beside, held = _p50_and_p99(small), _driven(crowd)
    ready = Task.objects.filter(swarm=crowd, status="ready").count()
    stop_swarm(actor=SYSTEM, swarm=crowd)
    await_true(lambda: not _driven(crowd), 60, "the big swarm did not stop")
    time.sleep(CALM_S)
    return _Crowd(beside, held, ready)


def _driven(swarm: Swarm) -> int:
    return Attempt.objects.filter(swarm=swarm, status="running").count()


def _p50_and_p99(swarm: Swarm) -> tuple[float, float]:
    samples = sorted(sample_ms(swarm) for _ in range(SAMPLES))
    return samples[SAMPLES // 2], samples[int(SAMPLES * 0.99) - 1]
