"""`chaos poison`: work that kills, fills, blocks or leaves its process is put away; everybody else hardly notices."""

import statistics
import time
from typing import Any

from tasks.models import Attempt, Task
from victoros.ops.chaos.programs import POISONS
from victoros.ops.chaos.world import World

STEPS = 3
CELLS = 2
GROWTH = 1.1
PAUSE_S = 0.1


def run(world: World) -> dict[str, Any]:
    """Do the same trickle of work without and with poison in turn; returns both latencies and what became of the poison."""
    number, each, rounds = world.plan.size((600, 2, 3), (100, 1, 1))
    alone: list[float] = []
    beside: list[float] = []
    poison: list[int] = []
    with world.crew(CELLS, VICTOR_LEASE_S="4"):
        _trickle(world, number // 4, [])
        for _ in range(rounds):
            alone += _latencies(_trickle(world, number, []))
            kinds = world.plan.random.sample(sorted(POISONS) * each, len(POISONS) * each)
            beside += _latencies(_trickle(world, number, kinds))
        poison = list(world.expected)
        world.await_settled(poison, 180)
    p50, p50_beside = statistics.median(alone), statistics.median(beside)
    return {
        "poisonous_tasks": len(poison),
        "others_p50_s": round(p50, 3),
        "others_p50_beside_poison_s": round(p50_beside, 3),
        "growth": round(p50_beside / p50, 3),
        "others_p95_s": round(_p95(alone), 3),
        "others_p95_beside_poison_s": round(_p95(beside), 3),
        "violations": _judge(world, poison, p50, p50_beside),
    }


def _trickle(world: World, number: int, kinds: list[str]) -> list[int]:
    """Give one task after the other, with the poison spread among them, and wait until all others have ended."""
    tasks = []
    for n in range(number):
        tasks += world.give(1, STEPS)
        if n * len(kinds) // number != (n - 1) * len(kinds) // number and kinds:
            kind = kinds[n * len(kinds) // number]
            world.allow(world.give(1, STEPS, poison=kind), "quarantined")
        time.sleep(PAUSE_S)
    world.await_settled(tasks, 120)
    return tasks


def _latencies(tasks: list[int]) -> list[float]:
    rows = Task.objects.filter(pk__in=tasks, status="completed").values_list("created_at", "ended_at")
    return [(ended - created).total_seconds() for created, ended in rows if ended]


def _p95(values: list[float]) -> float:
    return sorted(values)[int(len(values) * 0.95)]


def _judge(world: World, poison: list[int], p50: float, p50_beside: float) -> list[str]:
    """Each is put away at its third death; others hardly notice, which is judged on a machine that does nothing else."""
    deaths = dict(Attempt.objects.filter(task__in=poison, status="quarantined").values_list("task", "deaths"))
    wrong = [f"poison {pk} was put away after {deaths.get(pk, 0)} deaths" for pk in poison if deaths.get(pk) != 3]
    is_slow = not world.plan.short and p50_beside > p50 * GROWTH
    return [*wrong, *([f"the others' latency grew from {p50:.3f} to {p50_beside:.3f} s"] if is_slow else [])]
