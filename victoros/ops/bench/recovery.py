"""`bench recovery`: from the kill of the only cell under load to its work going on."""

import os
import signal
import statistics
import time
from typing import Any

from agents.models import Agent, Swarm
from tasks.models import Attempt, Cell, Step, Task
from victoros.ops.bench import programs  # noqa: F401  (registers the program)
from victoros.ops.bench.crewed import await_true, living_cells, running_crew
from victoros.ops.bench.fits import measure_growth
from victoros.ops.bench.swarms import give, make_agents, make_swarm

KILLS_A_RUN, AT_ONCE = 5, 50


def measure_recovery(runs: int) -> dict[str, Any]:
    """Kill -9 the cell under load; the supervisor sees it die. Time to the first step finished by its successor.

    Then with more and more tasks that are ready beside those at work.
    """
    with running_crew(1):
        swarm = make_swarm(model="stub200?latency_ms=50")
        make_agents(swarm, 1, max_active=AT_ONCE)
        give(swarm, 400, 100)
        times = sorted(_kill_once() for _ in range(KILLS_A_RUN * runs))
        growth = measure_growth("with_n_ready_tasks", lambda number: _p50_beside(swarm, number))
        Agent.objects.update(desired_state="stopped")
    return {
        "figure": round(statistics.median(times), 2),
        "unit": "s (p50)",
        "p99": round(times[-1], 2),
        "floor": 0.05,
        "floor_is": "the model's own latency",
        "ratio": round(statistics.median(times) / 0.05, 1),
        "work": f"{len(times)} kills of one cell with {AT_ONCE} attempts in flight",
        **growth,
    }


def _p50_beside(swarm: Swarm, number: int) -> float:
    """Return the p50 with at least so many tasks that are ready."""
    give(swarm, max(0, number - Task.objects.filter(swarm=swarm, status="ready").count()), 100)
    return statistics.median(_kill_once() for _ in range(KILLS_A_RUN))


def _kill_once() -> float:
    await_true(lambda: _working() is not None, 60, "the cell did not work")
    victim = _working()
    assert victim is not None
    os.kill(victim.pid, signal.SIGKILL)
    killed = time.time()
    later = Step.objects.filter(attempt__cell__gt=victim.pk)
    await_true(later.exists, 60, "nobody went on with the work", look_s=0.005)
    return time.time() - killed


def _working() -> Cell | None:
    cells = living_cells()
    held = Attempt.objects.filter(cell=cells[0], status="running", steps__gt=0, deaths=0).count() if cells else 0
    return cells[0] if held >= AT_ONCE // 2 else None
