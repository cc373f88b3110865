"""`chaos cells`: kill -9 of a random cell, of its worker, or of both, again and again, while thousands of tasks go on."""

import time
from collections.abc import Callable
from typing import Any

from tasks.models import Cell, Task
from victoros.ops.chaos.processes import await_true, kill
from victoros.ops.chaos.world import World, held_by, living_cells

CELLS = 3
STEPS = 5


def run(world: World) -> dict[str, Any]:
    """Kill while there is work; returns how often and in which way."""
    kills, number = world.plan.size((500, 5000), (20, 400))
    lengths = world.plan.size((2.0, 5.0), (0.4, 1.0))
    world.steer_outside(latency_s=world.plan.size(1.0, 0.25))
    tasks = world.give(number, STEPS)
    ways: dict[str, int] = {}
    with world.crew(CELLS):
        while sum(ways.values()) < kills and not world.time_is_up:
            time.sleep(world.plan.random.uniform(*lengths))
            tasks += _keep_busy(world, batch=number // 10)
            way = kill_one(world)
            ways[way] = ways.get(way, 0) + 1
        settled = world.await_settled(tasks, 180)
    return {
        "kills": sum(ways.values()),
        **{f"kills_of_{way}": n for way, n in sorted(ways.items())},
        "settled": settled,
    }


def _keep_busy(world: World, batch: int) -> list[int]:
    """Give more work when what there is would not last: a kill of an idle cell proves nothing."""
    open_ones = Task.objects.filter(swarm=world.swarm, status__in=["ready", "in_progress"])
    return world.give(batch, STEPS) if len(open_ones[:batch]) < batch else []


def kill_one(world: World) -> str:
    """Kill a random cell that works; returns in which way."""
    way = world.plan.random.choice(sorted(WAYS))
    await_true(lambda: _busy(world), 60, "no cell had work")
    victim = world.plan.random.choice(_busy(world) or list(living_cells()))
    held = held_by(victim)
    world.note("kill", cell=victim.pk, way=way, pid=victim.pid, worker=victim.worker_pid, attempts=held)
    WAYS[way](victim)
    return way


def _busy(world: World) -> list[Cell]:
    return [cell for cell in living_cells().order_by("pk") if held_by(cell)]


WAYS: dict[str, Callable[[Cell], None]] = {
    "cell": lambda cell: kill(cell.pid),
    "worker": lambda cell: kill(cell.worker_pid),
    "both": lambda cell: kill(cell.worker_pid, cell.pid),
}
