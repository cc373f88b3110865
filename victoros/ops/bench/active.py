"""`bench active`: ten thousand agents registered, three thousand of them at work at once on two cells."""

import os
import time
from typing import Any

from agents.models import Agent
from audit.actors import SYSTEM
from tasks.models import Attempt, Task
from tasks.services.control import start_swarm
from victoros.ops.bench import programs  # noqa: F401  (registers the program)
from victoros.ops.bench.crewed import await_true, cpu_seconds, living_cells, memory_mb, running_crew
from victoros.ops.bench.swarms import make_swarm, prepare, register_many

AGENTS, ACTIVE, CELLS = 10_000, 3_000, 2
SWARMS = 3
"""A provider allows a thousand calls at once."""
LATENCY_S, SLOTS = 20.0, 2_000


def measure_active(runs: int) -> dict[str, Any]:
    """Seconds until 3,000 agents work at once, each on a question that takes 20 s, and what the cells weigh then."""
    os.environ["VICTOR_CELL_SLOTS"] = str(SLOTS)
    with running_crew(CELLS) as supervisor:
        swarms = [make_swarm(model=f"stub200?latency_ms={LATENCY_S * 1000:.0f}") for _ in range(SWARMS)]
        for swarm in swarms:
            register_many(swarm, AGENTS // SWARMS)
            prepare(swarm, ACTIVE // SWARMS, 1)
        began, used = time.perf_counter(), cpu_seconds(supervisor)
        for swarm in swarms:
            start_swarm(actor=SYSTEM, swarm=swarm)
        running = Attempt.objects.filter(status="running")
        await_true(lambda: running.count() == ACTIVE, 60, "not all of them worked at once", look_s=0.05)
        figure = time.perf_counter() - began
        busy = Agent.objects.filter(status="busy").count()
        memory = memory_mb(living_cells())
        left = Task.objects.exclude(status="completed")
        await_true(lambda: not left.exists(), 120, "not all tasks were completed", look_s=0.05)
        wall = time.perf_counter() - began
        cpu = cpu_seconds(supervisor) - used
    return {
        "figure": round(figure, 2),
        "unit": "s until all of them work",
        "floor": None,
        "ratio": None,
        "agents_busy_then": busy,
        "wall_s": round(wall, 2),
        "model_latency_s": LATENCY_S,
        "cpu_s": round(cpu, 2),
        **memory,
        "work": f"{AGENTS:,} agents registered, {ACTIVE:,} at work at once on {CELLS} cells",
    }
