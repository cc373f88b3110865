"""`chaos cut`: worker and web are cut off from database and Redis, one line after the other and several in any order.

One crew and the web speak through lines that can be cut; a second crew has lines of its own that stay whole, so that the work
of the first moves on while it is away, and it comes back as a zombie.
"""

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any
from urllib.parse import urlsplit

from victoros.ops.chaos.proxy import CUT, PASS, SILENT, SLOW, Line
from victoros.ops.chaos.visitor import judge_visits, read_visits, visiting
from victoros.ops.chaos.work import KeptBusy, until_full_speed
from victoros.ops.chaos.world import World

LEASE = {"VICTOR_LEASE_S": "4.0", "VICTOR_HEARTBEAT_S": "0.8"}
LONGEST_VISIT_S = 11.0
BACK_S = 30.0
"""After a line is whole again all cells must work within this."""


def run(world: World) -> dict[str, Any]:
    """Cut every line in every way, then several at once; returns how long the slowest return to full speed took."""
    rounds, lengths = world.plan.size((6, (1.0, 15.0)), (1, (1.0, 5.0)))
    slowest, cuts = 0.0, 0
    with _lines(world) as lines, ExitStack() as stack:
        stack.enter_context(world.crew(1, "near", **LEASE, **_addresses(world, lines, "worker")))
        stack.enter_context(world.crew(1, "far", **LEASE))
        url = stack.enter_context(world.web(**_addresses(world, lines, "web")))
        with visiting(world, url) as visitor, KeptBusy(world, batch=40) as work:
            for names, mode in _draw(world, sorted(lines), rounds):
                if world.time_is_up:
                    break
                _break_lines(world, [lines[name] for name in names], mode, world.plan.random.uniform(*lengths), names)
                slowest, cuts = max(slowest, until_full_speed(world, 2, 90)), cuts + 1
        settled = world.await_settled([*work.tasks, *visitor.given], 180)
    figures, said = judge_visits(read_visits(world), may_be_away=True, longest_s=LONGEST_VISIT_S)
    said += [] if settled else ["not all work had ended 180 s after the last cut"]
    said += [f"full speed took {slowest:.1f} s"] if slowest > BACK_S else []
    return {"cuts": cuts, "settled": settled, "full_speed_after_s": round(slowest, 2), **figures, "violations": said}


@contextmanager
def _lines(world: World) -> Iterator[dict[str, Line]]:
    """Make the lines from worker and web to Redis and, where it is a server, to the database."""
    targets: dict[str, Any] = {"redis": world.valkey.socket_path}
    if world.postgres:
        address = urlsplit(world.database_url)
        targets["database"] = (address.hostname, address.port)
    lines = {f"{who}-{what}": Line(target) for who in ("worker", "web") for what, target in targets.items()}
    try:
        yield lines
    finally:
        for line in lines.values():
            line.close()


def _addresses(world: World, lines: dict[str, Line], who: str) -> dict[str, str]:
    """Return the environment of a program that speaks through the lines."""
    found = {"VICTOR_REDIS_URL": f"redis://127.0.0.1:{lines[f'{who}-redis'].port}/0"}
    if line := lines.get(f"{who}-database"):
        address = urlsplit(world.database_url)
        account = address.netloc.rpartition("@")[0]
        found["VICTOR_DATABASE_URL"] = address._replace(netloc=f"{account}@127.0.0.1:{line.port}").geturl()
    return found


def _draw(world: World, names: list[str], rounds: int) -> list[tuple[list[str], str]]:
    """Return each line with each way once, then as many sets of lines in ways that chance chooses, in any order."""
    random = world.plan.random
    single = [([name], mode) for name in names for mode in (CUT, SILENT)] * rounds
    several = [
        (random.sample(names, random.randint(1, len(names))), random.choice((CUT, SILENT, SLOW))) for _ in single
    ]
    random.shuffle(single)
    return single + several[: len(several) // (1 if rounds > 1 else 2)]


def _break_lines(world: World, lines: list[Line], mode: str, seconds: float, names: list[str]) -> None:
    world.note("cut", lines=names, mode=mode, seconds=seconds)
    for line in lines:
        line.behave(mode)
    time.sleep(seconds)
    for line in lines:
        line.behave(PASS)
    world.note("whole", lines=names)
