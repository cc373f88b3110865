"""`bench fair`: what a swarm with ten thousand ready tasks does to another swarm's dispatch."""

import statistics
from typing import Any

from agents.models import Agent, Swarm
from tasks.models import Attempt, Task
from victoros.ops.bench import programs  # noqa: F401  (registers the program)
from victoros.ops.bench.crewed import await_true, running_crew
from victoros.ops.bench.dispatch import sample_ms
from victoros.ops.bench.swarms import give, make_agents, make_swarm

SAMPLES, READY, LATENCY_MS = 100, 10_000, 20_000
HOLDS = 900
"""Places that one swarm alone may hold in a cell of 1,000."""


def measure_fair(runs: int) -> dict[str, Any]:
    """Dispatch latency of a small swarm alone, and beside one that fills its share and has 10,000 more tasks ready."""
    with running_crew(1):
        small = make_swarm()
        make_agents(small, 1)
        for _ in range(10):
            sample_ms(small)
        alone = [_p50_and_p99(small) for _ in range(runs)]
        crowd = make_swarm(model=f"stub200?latency_ms={LATENCY_MS}")
        make_agents(crowd, 2, max_active=HOLDS)
        give(crowd, HOLDS, 1_000)
        give(crowd, READY, 1_000)
        await_true(lambda: _driven(crowd) >= HOLDS, 60, "the big swarm did not get its places")
        beside = [_p50_and_p99(small) for _ in range(runs)]
        ready = Task.objects.filter(swarm=crowd, status="ready").count()
        held = _driven(crowd)
        Agent.objects.filter(swarm=crowd).update(desired_state="stopped")
    floor, figure = (statistics.median(p50 for p50, _ in found) for found in (alone, beside))
    return {
        "figure": round(figure, 2),
        "unit": "ms (p50) beside the big swarm",
        "floor": round(floor, 2),
        "floor_is": "the same alone",
        "ratio": round(figure / floor, 2),
        "p99": round(statistics.median(p99 for _, p99 in beside), 2),
        "p99_alone": round(statistics.median(p99 for _, p99 in alone), 2),
        "places_held_by_the_big_swarm": held,
        "tasks_it_had_ready": ready,
        "work": f"{SAMPLES} tasks of the small swarm, one after the other; one cell of 1,000 places",
    }


def _driven(swarm: Swarm) -> int:
    return Attempt.objects.filter(swarm=swarm, status="running").count()


def _p50_and_p99(swarm: Swarm) -> tuple[float, float]:
    samples = sorted(sample_ms(swarm) for _ in range(SAMPLES))
    return samples[SAMPLES // 2], samples[int(SAMPLES * 0.99) - 1]
