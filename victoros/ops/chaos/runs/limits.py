"""`chaos limits`: cells are killed while all of them ask a provider that allows few calls at once and few in a window."""

from collections import deque
from collections.abc import Iterable
from typing import Any

from agents.models import Provider
from victoros.ops.chaos.outside import MODEL
from victoros.ops.chaos.record import read_record
from victoros.ops.chaos.runs.cells import kill_one
from victoros.ops.chaos.world import World

CELLS = 3
STEPS = 2
AT_ONCE = 30
IN_A_WINDOW = 80
WINDOW_S = 4.0


def run(world: World) -> dict[str, Any]:
    """Kill cells while they wait for their turn; returns how near the limits the questions came, and never beyond."""
    kills, number = world.plan.size((100, 4000), (6, 320))
    lengths = world.plan.size((1.0, 4.0), (0.5, 2.0))
    Provider.objects.filter(pk=world.swarm.provider_id or 0).update(
        total_concurrent=AT_ONCE, requests_per_min=IN_A_WINDOW
    )
    world.steer_outside(latency_s=0.5)
    tasks = world.give(number, STEPS)
    done = 0
    with world.crew(CELLS, VICTOR_QUOTA_WINDOW_S=str(WINDOW_S), VICTOR_QUOTA_PATIENCE_S="2", VICTOR_CELL_SLOTS="80"):
        for _ in range(kills):
            if world.time_is_up or world.await_settled(tasks, world.plan.random.uniform(*lengths)):
                break
            kill_one(world)
            done += 1
        settled = world.await_settled(tasks, 600)
    asked = read_record(world.home / MODEL)
    if not asked:
        return {"kills": done, "settled": settled, "violations": ["nothing was asked"]}
    at_once, in_window = max(line["open"] for line in asked), most_within((line["at"] for line in asked), WINDOW_S)
    took_s = asked[-1]["at"] - asked[0]["at"]
    return {
        "kills": done,
        "settled": settled,
        "most_at_once": at_once,
        "allowed_at_once": AT_ONCE,
        "most_in_a_window": in_window,
        "allowed_in_a_window": IN_A_WINDOW,
        "share_of_the_limit_used": round(len(asked) / (took_s / WINDOW_S * IN_A_WINDOW), 2) if took_s else 0,
        "violations": _judge(at_once, in_window),
    }


def most_within(times: Iterable[float], seconds: float) -> int:
    """Return the largest number of times in any span of so many seconds."""
    most, span = 0, deque[float]()
    for at in sorted(times):
        span.append(at)
        while span[0] <= at - seconds:
            span.popleft()
        most = max(most, len(span))
    return most


def _judge(at_once: int, in_window: int) -> list[str]:
    said = [f"{at_once} calls were open at once; {AT_ONCE} are allowed"] if at_once > AT_ONCE else []
    if in_window > IN_A_WINDOW:
        said.append(f"{in_window} questions came within {WINDOW_S:g} s; {IN_A_WINDOW} are allowed")
    return said
