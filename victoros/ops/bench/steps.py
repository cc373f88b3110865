"""`bench steps` and `bench overhead`: how fast durable steps follow each other in one cell, and what each costs the processor."""

import statistics
import time
from typing import Any

from agents.models import Agent, Swarm
from audit.actors import SYSTEM
from tasks.services.control import start_swarm
from victoros.ops.bench import programs  # noqa: F401  (registers the program)
from victoros.ops.bench.fits import measure_growth
from victoros.ops.bench.floors import ROWS, commits_per_second, cpu_ms_a_row
from victoros.ops.bench.measured_cell import MeasuredCell, running_cell
from victoros.ops.bench.swarms import make_agents, make_swarm, prepare, register_many

TASKS, STEPS = 100, 10
ALONE = 20
"""Tasks in the round of one at a time."""


def measure_steps(runs: int) -> dict[str, Any]:
    """100 tasks of 10 steps at once, 10 to 10,000 of them, and 20 one after the other.

    The stub model answers 200 characters at once.
    """
    swarm = make_swarm()
    make_agents(swarm, 1, max_active=1000)
    with running_cell() as cell:
        _run(cell, swarm, TASKS, STEPS)
        at_once = [_rate(cell, swarm, TASKS) for _ in range(runs)]
        Agent.objects.update(max_active=1)
        alone = [_rate(cell, swarm, ALONE) for _ in range(runs)]
        Agent.objects.update(max_active=1000)
        growth = measure_growth("ms_a_step_with_n_tasks", lambda number: 1000 / _rate(cell, swarm, number))
    floor = commits_per_second()
    figure = statistics.median(at_once)
    return {
        "figure": round(figure),
        "unit": "steps/s",
        "floor": round(floor),
        "floor_is": "bare commits of one row, one at a time, per second",
        "ratio": round(figure / floor, 2),
        "one_at_a_time": round(statistics.median(alone)),
        "work": f"{TASKS} tasks x {STEPS} steps, one cell",
        "runs": [round(rate) for rate in at_once],
        **growth,
    }


def measure_overhead(runs: int) -> dict[str, Any]:
    """Processor time of a step, everything but the model's answer, with 10 to 10,000 agents registered."""
    swarm = make_swarm()
    make_agents(swarm, 10, max_active=100)
    with running_cell() as cell:
        _run(cell, swarm, TASKS, STEPS)
        crowd = make_swarm()

        def measure_beside(number: int) -> float:
            register_many(crowd, number - 10 - Agent.objects.filter(swarm=crowd).count())
            return statistics.median(_cpu_ms(cell, swarm) for _ in range(runs))

        growth = measure_growth("with_n_agents", measure_beside)
    few, *_, many = growth["with_n_agents"].values()
    floor = cpu_ms_a_row()
    return {
        "figure": few,
        "unit": "ms of processor per step",
        "floor": round(floor, 4),
        "floor_is": f"ms of processor for a bare row, {ROWS} in a commit",
        "ratio": round(few / floor, 1),
        "growth": round(many / few, 2),
        **growth,
        "work": f"{TASKS} tasks x {STEPS} steps, one cell, 10 agents",
    }


def _rate(cell: MeasuredCell, swarm: Swarm, tasks: int) -> float:
    return tasks * STEPS / _run(cell, swarm, tasks, STEPS)[0]


def _cpu_ms(cell: MeasuredCell, swarm: Swarm) -> float:
    return _run(cell, swarm, TASKS, STEPS)[1] * 1000 / (TASKS * STEPS)


def _run(cell: MeasuredCell, swarm: Swarm, tasks: int, steps: int) -> tuple[float, float]:
    """Return wall and processor seconds from the start of the swarm to the last durable end."""
    prepare(swarm, tasks, steps)
    cell.expect(tasks)
    began, cpu = time.perf_counter(), time.process_time()
    start_swarm(actor=SYSTEM, swarm=swarm)
    ended = cell.await_ended()
    return ended - began, time.process_time() - cpu
