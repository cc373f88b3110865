"""`bench idle`: what ten thousand registered agents cost that have nothing to do."""

import time
from typing import Any

import psutil

from tasks.models import Attempt, Step
from victoros.ops.bench.crewed import cpu_seconds, living_cells, memory_mb, running_crew
from victoros.ops.bench.swarms import make_swarm, register_many

AGENTS, WATCH_S = 10_000, 15.0


def measure_idle(runs: int) -> dict[str, Any]:
    """Processor share of cell, worker and scheduler together, with no agent and with 10,000; and what the cell weighs."""
    with running_crew(1) as supervisor:
        none = _percent(supervisor)
        register_many(make_swarm(), AGENTS)
        many = _percent(supervisor)
        memory = memory_mb(living_cells())
    return {
        "figure": round(many, 2),
        "unit": "% of one core",
        "floor": round(none, 2),
        "floor_is": "the same processes with no agent",
        "ratio": round(many / none, 2) if none else None,
        **memory,
        "model_calls": Step.objects.count(),
        "attempts": Attempt.objects.count(),
        "work": f"{AGENTS:,} idle agents, one cell, watched for {WATCH_S:.0f} s",
    }


def _percent(supervisor: psutil.Process) -> float:
    time.sleep(2)
    began, used = time.monotonic(), cpu_seconds(supervisor)
    time.sleep(WATCH_S)
    return (cpu_seconds(supervisor) - used) / (time.monotonic() - began) * 100
