"""`bench stop`: a swarm of fifty agents at work is stopped, and five of them have a call under way that hears nothing."""

import statistics
import time
from dataclasses import dataclass
from typing import Any

from agents.models import Agent, Swarm
from agents.services.agents import create_agent
from audit.actors import SYSTEM
from tasks.models import Attempt
from tasks.services.control import stop_swarm
from tasks.services.making import create_task
from victoros.ops.bench import programs  # noqa: F401  (registers the programs)
from victoros.ops.bench.crewed import await_true, running_crew
from victoros.ops.bench.programs import DEAF_S
from victoros.ops.bench.scratch import BenchFailed
from victoros.ops.bench.swarms import give, make_agents, make_swarm

AGENTS, DEAF, CELLS = 50, 5, 2
LATENCY_MS = 20_000
SETTLED_S = 1.0
"""By then all calls are under way."""


@dataclass(frozen=True)
class _Stop:
    """What one stop took."""

    answer_ms: float
    verdict_s: float
    """Until each agent was known to have stopped, or to have a call under way that has not ended."""
    all_s: float
    """Until all had stopped: as long as the calls that hear nothing go on."""


def measure_stop(runs: int) -> dict[str, Any]:
    """Milliseconds until a stop is answered, and seconds until it is known of each agent whether it has stopped."""
    with running_crew(CELLS):
        stops = [_stop_once() for _ in range(runs)]
    return {
        "figure": round(statistics.median(stop.answer_ms for stop in stops), 1),
        "unit": "ms until the stop is answered",
        "floor": None,
        "ratio": None,
        "verdict_s": round(statistics.median(stop.verdict_s for stop in stops), 2),
        "longest_verdict_s": round(max(stop.verdict_s for stop in stops), 2),
        "all_stopped_s": round(statistics.median(stop.all_s for stop in stops), 2),
        "work": f"{AGENTS} agents at work on {CELLS} cells, {DEAF} of them in a call that goes on for {DEAF_S:.0f} s",
    }


def _stop_once() -> _Stop:
    swarm = _set_to_work()
    agents = Agent.objects.filter(swarm=swarm)
    began = time.perf_counter()
    stop_swarm(actor=SYSTEM, swarm=swarm)
    answered = time.perf_counter()
    hearing = agents.filter(program="bench.steps").exclude(status="stopped")
    await_true(lambda: not hearing.exists(), 30, "agents that could stop were not known to have stopped")
    known = time.perf_counter()
    not_yet = agents.filter(status="shutting_down").count()
    await_true(lambda: not agents.exclude(status="stopped").exists(), DEAF_S + 30, "not all agents had stopped")
    if not_yet != DEAF:
        raise BenchFailed(f"{not_yet} agents were shown as not stopped yet instead of {DEAF}.")
    return _Stop((answered - began) * 1000, known - began, time.perf_counter() - began)


def _set_to_work() -> Swarm:
    swarm = make_swarm(model=f"stub200?latency_ms={LATENCY_MS}")
    make_agents(swarm, AGENTS - DEAF)
    give(swarm, AGENTS - DEAF, 5)
    for n in range(DEAF):
        agent = create_agent(
            actor=SYSTEM, swarm=swarm, name=f"deaf {n}", program="bench.deaf", tools=["bench_deaf"], max_active=1
        )
        create_task(actor=SYSTEM, swarm=swarm, title=f"Hear nothing {n}", agent=agent)
    running = Attempt.objects.filter(swarm=swarm, status="running")
    await_true(lambda: running.count() == AGENTS, 60, "not all of them worked at once")
    time.sleep(SETTLED_S)
    return swarm
