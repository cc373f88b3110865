"""`bench idle`: what registered agents cost that have nothing to do, ten to ten thousand of them."""

import time
from typing import Any

import psutil

from agents.models import Agent
from tasks.models import Attempt, Step
from victoros.ops.bench.crewed import cpu_seconds, living_cells, memory_mb, running_crew
from victoros.ops.bench.fits import SIZES, measure_growth
from victoros.ops.bench.swarms import make_swarm, register_many

WATCH_S = 15.0


def measure_idle(runs: int) -> dict[str, Any]:
    """Processor share of cell, worker and scheduler together, with no agent and with 10 to 10,000; and what the cell weighs."""
    with running_crew(1) as supervisor:
        none = _percent(supervisor)
        swarm = make_swarm()

        def measure_beside(number: int) -> float:
            register_many(swarm, number - Agent.objects.filter(swarm=swarm).count())
            return _percent(supervisor)

        growth = measure_growth("with_n_agents", measure_beside)
        memory = memory_mb(living_cells())
    many = growth["with_n_agents"][SIZES[-1]]
    return {
        "figure": round(many, 2),
        "unit": "% of one core",
        "floor": round(none, 2),
        "floor_is": "the same processes with no agent",
        "ratio": round(many / none, 2) if none else None,
        **memory,
        "model_calls": Step.objects.count(),
        "attempts": Attempt.objects.count(),
        "work": f"{SIZES[-1]:,} idle agents, one cell, watched for {WATCH_S:.0f} s",
        **growth,
    }


def _percent(supervisor: psutil.Process) -> float:
    time.sleep(2)
    began, used = time.monotonic(), cpu_seconds(supervisor)
    time.sleep(WATCH_S)
    return (cpu_seconds(supervisor) - used) / (time.monotonic() - began) * 100
