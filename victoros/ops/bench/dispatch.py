"""`bench dispatch`: from submitting a task on an idle system to the start of its first step."""

import json
import statistics
import time
from typing import Any

from agents.models import Swarm
from tasks.models import Step, Task
from victoros.lib.redis import connect
from victoros.ops.bench import programs  # noqa: F401  (registers the program)
from victoros.ops.bench.crewed import await_true, running_crew
from victoros.ops.bench.fits import measure_growth
from victoros.ops.bench.floors import commits_per_second
from victoros.ops.bench.swarms import end_many, give, make_agents, make_swarm, register_many

SAMPLES = 100


def measure_dispatch(runs: int) -> dict[str, Any]:
    """100 samples a run: submit one task, wait until it is done, again. Both commits are counted in."""
    with running_crew(1):
        swarm = make_swarm()
        make_agents(swarm, 1)
        for _ in range(10):
            sample_ms(swarm)
        samples = [sorted(sample_ms(swarm) for _ in range(SAMPLES)) for _ in range(runs)]
        growth = measure_growth("with_n_agents_and_10n_ended_tasks", lambda number: _p50_beside(swarm, number), 2)
    floor_ms = 2 * 1000 / commits_per_second() + _ring_ms()
    p50 = statistics.median(run[SAMPLES // 2] for run in samples)
    return {
        "figure": round(p50, 2),
        "unit": "ms (p50)",
        "p99": round(statistics.median(run[int(SAMPLES * 0.99) - 1] for run in samples), 2),
        "floor": round(floor_ms, 2),
        "floor_is": "two bare commits and a ring through Redis",
        "ratio": round(p50 / floor_ms, 2),
        **growth,
        "work": f"{SAMPLES} tasks, one after the other, one idle cell",
        "runs": [round(run[SAMPLES // 2], 2) for run in samples],
    }


def _p50_beside(swarm: Swarm, number: int) -> float:
    """Return the p50 with so many agents in the swarm and ten times as many ended tasks."""
    more = number - swarm.agents.count()
    register_many(swarm, more)
    end_many(swarm, more * 10)
    return sorted(sample_ms(swarm) for _ in range(SAMPLES))[SAMPLES // 2]


def sample_ms(swarm: Swarm) -> float:
    """Submit one task and return the milliseconds until its first step began."""
    submitted = time.time()
    task = give(swarm, 1, 1)[0]
    done = Task.objects.filter(pk=task.pk, status="completed")
    await_true(done.exists, 30, "the task was not completed", look_s=0.005)
    began = Step.objects.filter(attempt__task=task, n=1).values_list("started_at", flat=True)[0]
    return (began.timestamp() - submitted) * 1000


def _ring_ms() -> float:
    client = connect()
    times = []
    for _ in range(100):
        began = time.perf_counter()
        client.publish("victor:floor", json.dumps({"work": True}))
        times.append(time.perf_counter() - began)
    return statistics.median(times) * 1000
