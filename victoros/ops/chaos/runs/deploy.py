"""`chaos deploy`: everything is told to end in order, under load, and started again, as an upgrade does."""

import time
from collections import Counter
from typing import Any

from audit.models import Entry
from tasks.models import Attempt
from victoros.ops.chaos.outside import MODEL
from victoros.ops.chaos.processes import await_true
from victoros.ops.chaos.record import read_record
from victoros.ops.chaos.world import World

STEPS = 5
MOST_S = 20.0


def run(world: World) -> dict[str, Any]:
    """End and start again; returns how long the ends took and what had to be done again."""
    times = world.plan.size(50, 5)
    tasks: list[int] = []
    took: list[float] = []
    while len(took) < times and not world.time_is_up:
        tasks += world.give(60, STEPS)
        took.append(_one_life(world))
    with world.crew():
        world.await_settled(tasks, 120)
    return {
        "deploys": len(took),
        "longest_drain_s": round(max(took), 2),
        "attempts_given_back": Entry.objects.filter(kind="attempt.released").count(),
        "violations": _judge(world, took),
    }


def _one_life(world: World) -> float:
    """Run the crew for a moment under load and end it; returns how long the end took."""
    asked = len(read_record(world.home / MODEL))
    with world.crew() as crew:
        await_true(lambda: len(read_record(world.home / MODEL)) > asked + 20, 30, "no work was begun")
        time.sleep(world.plan.random.uniform(0, 0.5))
        world.note("term")
        return crew.stop()


def _judge(world: World, took: list[float]) -> list[str]:
    """Nothing is asked twice, no death is counted, and every end is quick."""
    times = Counter(line["asked"] for line in read_record(world.home / MODEL))
    twice = [f"question {asked} was asked {number} times" for asked, number in times.items() if number > 1]
    dead = Entry.objects.filter(kind="cell.died").count()
    counted = Attempt.objects.filter(deaths__gt=0).count()
    return [
        *twice[:10],
        *([f"{dead} cells were taken for dead"] if dead else []),
        *([f"{counted} attempts were blamed for a death"] if counted else []),
        *(f"an end took {seconds:.1f} s" for seconds in took if seconds > MOST_S),
    ]
