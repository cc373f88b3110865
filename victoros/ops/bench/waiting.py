"""`bench waiting`: a thousand tasks that all wait for a slow model over HTTP, on two cells."""

import os
import statistics
import time
from pathlib import Path
from typing import Any

from agents.models import Agent, Swarm
from audit.actors import SYSTEM
from tasks.models import Task
from tasks.services.control import start_swarm
from victoros.ops.bench import programs  # noqa: F401  (registers the program)
from victoros.ops.bench.crewed import await_true, living_cells, memory_mb, running_crew
from victoros.ops.bench.fits import measure_growth
from victoros.ops.bench.swarms import make_agents, make_swarm, prepare
from victoros.ops.chaos.processes import fetch_json, running_outside

TASKS, LATENCY_S, CELLS = 1000, 1.0, 2
MANY, LONG_S = 3000, 5.0
"""The larger round: as many tasks as wait that long."""


def measure_waiting(runs: int) -> dict[str, Any]:
    """1,000 one-step tasks submitted at once, and 10 to 10,000 of them.

    The model answers after 1.0 s over the OpenAI protocol on loopback.
    """
    with running_outside(Path(os.environ["VICTOR_HOME"]), LATENCY_S) as url, running_crew(CELLS):
        swarm = make_swarm(kind="openai", base_url=f"{url}/v1", model="chaos", key="none")
        make_agents(swarm, 1, max_active=TASKS)
        _run(swarm, 50)
        walls = [_run(swarm, TASKS) for _ in range(runs)]
        memory = memory_mb(living_cells())
        growth = measure_growth("s_with_n_tasks", lambda number: _run(swarm, number))
        Agent.objects.filter(swarm=swarm).update(max_active=MANY)
        fetch_json(f"{url}/control", {"latency_s": LONG_S})
        many = _run(swarm, MANY)
    figure = statistics.median(walls)
    return {
        "figure": round(figure, 2),
        "unit": "s",
        "floor": LATENCY_S,
        "floor_is": "the model's own latency",
        "ratio": round(figure / LATENCY_S, 2),
        "cells": CELLS,
        **memory,
        "many_s": round(many, 2),
        "many_is": f"{MANY:,} tasks with {LONG_S} s latency, once",
        "work": f"{TASKS} tasks x 1 step, model over HTTP with {LATENCY_S} s latency",
        "runs": [round(wall, 2) for wall in walls],
        **growth,
    }


def _run(swarm: Swarm, tasks: int) -> float:
    """Return the seconds from the start of the swarm until the last task is durably completed."""
    prepare(swarm, tasks, 1)
    left = Task.objects.filter(swarm=swarm).exclude(status="completed")
    began = time.perf_counter()
    start_swarm(actor=SYSTEM, swarm=swarm)
    await_true(lambda: not left.exists(), 120, "not all tasks were completed", look_s=0.02)
    return time.perf_counter() - began
