"""`chaos disk`: the disk of the database is full for some seconds, then there is room again. People are told, nothing is lost."""

import time
from typing import Any

from victoros.ops.chaos.processes import ChaosFailed, await_true
from victoros.ops.chaos.small_disk import SmallDisk
from victoros.ops.chaos.visitor import judge_visits, read_visits, visiting
from victoros.ops.chaos.work import KeptBusy, until_full_speed
from victoros.ops.chaos.world import World

CELLS = 2
LONGEST_VISIT_S = 22.0
"""SQLite waits up to 20 s for its lock, which whoever has no room may hold for a while."""
RECOVERED_S = 20.0


def run(world: World) -> dict[str, Any]:
    """Fill the disk again and again under load; returns how fast all went on, and what people were told meanwhile."""
    if world.disk is None:
        raise ChaosFailed("There is no small disk.", hint="Start it as ./victor chaos disk.")
    times, lengths = world.plan.size((8, (5.0, 25.0)), (1, (4.0, 6.0)))
    slowest = 0.0
    with world.crew(CELLS), world.web() as url:
        with visiting(world, url) as visitor, KeptBusy(world) as work:
            for _ in range(times):
                if world.time_is_up:
                    break
                time.sleep(world.plan.random.uniform(2.0, 4.0))
                _be_full(world, world.disk, world.plan.random.uniform(*lengths))
                slowest = max(slowest, until_full_speed(world, CELLS))
        settled = world.await_settled([*work.tasks, *visitor.given], 180)
    visits = read_visits(world)
    figures, said = judge_visits(visits, may_be_away=True, longest_s=LONGEST_VISIT_S)
    told = sum(one.told_full for one in visits)
    said += [] if told else ["nobody was told that the disk is full"]
    said += [] if settled else ["not all work had ended 180 s after there was room again"]
    said += [f"full speed took {slowest:.1f} s"] if slowest > RECOVERED_S else []
    return {
        "times_full": times,
        "settled": settled,
        "full_speed_after_s": round(slowest, 2),
        "told_full": told,
        "batches_refused": work.refused,
        **figures,
        "violations": said,
    }


def _be_full(world: World, disk: SmallDisk, seconds: float) -> None:
    """Leave no room until somebody was told so, and then for so long."""
    before = sum(one.told_full for one in read_visits(world))
    world.note("disk full", seconds=seconds)
    disk.fill()
    await_true(lambda: _is_told(world, disk, before), 60, "nobody was told that the disk is full", look_s=0.2)
    time.sleep(seconds)
    disk.free()
    world.note("room again")


def _is_told(world: World, disk: SmallDisk, before: int) -> bool:
    """Take what a file that shrank gave back, and look whether somebody was told by now."""
    disk.fill()
    return sum(one.told_full for one in read_visits(world)) > before
