"""`chaos redis`: the queue server dies and comes back empty, comes and goes, is emptied, frozen, full, while people give work."""

import time
from collections.abc import Callable
from random import Random
from typing import Any

from redis import Redis

from victoros.ops.chaos.processes import kill
from victoros.ops.chaos.visitor import judge_visits, read_visits, visiting
from victoros.ops.chaos.work import KeptBusy, until_full_speed
from victoros.ops.chaos.world import World, held_by, living_cells

CELLS = 2
LONGEST_VISIT_S = 5.0
"""For a machine with seven times the work it can do, where 3.3 s were seen; a quiet one answers in a tenth of it."""
FULL_SPEED_S = 10.0
FLAP_S = 0.1
"""How long a server that comes and goes is there, and away, at most."""


def run(world: World) -> dict[str, Any]:
    """Take the server away in every way, some cells with it; returns how fast all was after each return."""
    rounds = world.plan.size(10, 1)
    lengths = world.plan.size((2.0, 20.0), (1.0, 2.5))
    slowest, violations = 0.0, []
    with world.crew(CELLS), world.web() as url:
        with visiting(world, url) as visitor, KeptBusy(world) as work:
            for way in [way for _ in range(rounds) for way in _shuffled(world)]:
                if world.time_is_up:
                    break
                WAYS[way](world, world.plan.random.uniform(*lengths))
                took = until_full_speed(world, CELLS)
                world.note("full speed", after=way, took_s=took)
                slowest = max(slowest, took)
                if took > FULL_SPEED_S:
                    violations.append(f"after {way} full speed took {took:.1f} s")
        settled = world.await_settled([*work.tasks, *visitor.given], 180)
    if not settled:
        violations.append("not all work had ended 180 s after the last outage")
    figures, said = judge_visits(read_visits(world), may_be_away=False, longest_s=LONGEST_VISIT_S)
    return {"settled": settled, "full_speed_after_s": round(slowest, 2), **figures, "violations": [*violations, *said]}


def _shuffled(world: World) -> list[str]:
    names = sorted(WAYS)
    world.plan.random.shuffle(names)
    return names


def _restart(world: World, seconds: float) -> None:
    """Kill it and start it again with nothing in it; a cell dies meanwhile."""
    world.note("redis killed")
    world.valkey.kill()
    _kill_a_cell(world, "restart")
    time.sleep(seconds)
    world.valkey.start()


def _flap(world: World, seconds: float) -> None:
    """Let it come and go several times a second, empty each time; a cell dies meanwhile."""
    world.note("redis comes and goes")
    gaps = Random(world.plan.random.random())  # of its own: how many there are depends on the machine
    until = time.monotonic() + seconds
    world.valkey.kill()
    _kill_a_cell(world, "flap")
    while time.monotonic() < until:
        time.sleep(gaps.uniform(0, FLAP_S))
        world.valkey.start()
        time.sleep(gaps.uniform(0, FLAP_S))
        world.valkey.kill()
    world.valkey.start()


def _flush(world: World, seconds: float) -> None:
    """Empty it under the hands of the workers; a cell dies then."""
    world.note("redis emptied")
    with Redis.from_url(world.redis_url) as redis:
        redis.flushall()
    _kill_a_cell(world, "flush")
    time.sleep(seconds)


def _pause(world: World, seconds: float) -> None:
    """Freeze it: whoever asks gets no answer."""
    world.note("redis frozen")
    world.valkey.pause()
    time.sleep(seconds)
    world.valkey.resume()


def _fill(world: World, seconds: float) -> None:
    """Let it refuse every write for want of memory; a cell dies meanwhile."""
    world.note("redis full")
    with Redis.from_url(world.redis_url) as redis:
        redis.config_set("maxmemory", "1")
        _kill_a_cell(world, "full")
        time.sleep(seconds)
        redis.config_set("maxmemory", "0")


def _kill_a_cell(world: World, during: str) -> None:
    victim = world.plan.random.choice(sorted(living_cells(), key=lambda cell: cell.pk))
    held = held_by(victim)
    facts = {"pid": victim.pid, "worker": victim.worker_pid, "attempts": held}
    world.note("kill", cell=victim.pk, way="cell", during=during, **facts)
    kill(victim.pid)


WAYS: dict[str, Callable[[World, float], None]] = {
    "restart": _restart,
    "flap": _flap,
    "flush": _flush,
    "pause": _pause,
    "full": _fill,
}
