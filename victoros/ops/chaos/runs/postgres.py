"""`chaos postgres`: the database is ended, crashed and frozen again and again under load; pages say so, and all goes on."""

import signal
import time
from collections.abc import Callable
from typing import Any

import psutil

from victoros.ops.chaos.processes import ChaosFailed
from victoros.ops.chaos.visitor import Visit, judge_visits, read_visits, visiting
from victoros.ops.chaos.work import KeptBusy, until_full_speed
from victoros.ops.chaos.world import World
from victoros.ops.postgres import PostgresServer
from victoros.ops.processes import send

CELLS = 2
RECOVERED_S = 10.0
LONGEST_VISIT_S = 11.0
"""A page that had begun when the server froze waits for `asgi.WAIT_S`; all others answer within 4 s."""


def run(world: World) -> dict[str, Any]:
    """Take the database away for 0 to 5 s, again and again, once for long; returns how fast all went on after each return."""
    if world.postgres is None:
        raise ChaosFailed("SQLite is no server that could be stopped.", hint="Add --database postgres.")
    times, pauses = world.plan.size((48, (5.0, 20.0)), (5, (1.0, 2.0)))
    lengths = _draw_lengths(world, times)
    recovered: list[float] = []
    outages: list[tuple[float, float]] = []
    with world.crew(CELLS), world.web() as url:
        with visiting(world, url) as visitor, KeptBusy(world) as work:
            for length in lengths:
                if world.time_is_up:
                    break
                time.sleep(world.plan.random.uniform(*pauses))
                outages.append(_take_away(world, world.postgres, length))
                recovered.append(until_full_speed(world, CELLS))
        settled = world.await_settled([*work.tasks, *visitor.given], 180)
    visits = read_visits(world)
    figures, said = judge_visits(visits, may_be_away=True, longest_s=LONGEST_VISIT_S)
    said += [] if settled else ["not all work had ended 180 s after the last outage"]
    said += [f"full speed came {took:.1f} s after the database" for took in recovered if took > RECOVERED_S]
    return {
        "outages": len(outages),
        "settled": settled,
        "recovered_longest_s": round(max(recovered, default=0), 2),
        "batches_refused": work.refused,
        "pages_back_longest_s": round(max((_until_good(visits, end) for _, end in outages), default=0), 2),
        **figures,
        "violations": said,
    }


def _draw_lengths(world: World, times: int) -> list[float]:
    """Return how long each outage lasts; one of them is long."""
    drawn = [world.plan.random.uniform(0, world.plan.size(5.0, 3.0)) for _ in range(times)]
    drawn[times // 2] = world.plan.size(60.0, 6.0)
    return drawn


def _take_away(world: World, postgres: PostgresServer, seconds: float) -> tuple[float, float]:
    """Take it away in a way that the seed chooses; returns from when to when it was."""
    way = world.plan.random.choice(sorted(WAYS))
    began = world.note("postgres away", way=way, seconds=seconds)
    WAYS[way](postgres, seconds)
    return began, world.note("postgres back")


def _end(postgres: PostgresServer, seconds: float) -> None:
    """End it in order: sessions are cut off."""
    postgres.stop(signal.SIGINT)
    time.sleep(seconds)
    postgres.start()


def _crash(postgres: PostgresServer, seconds: float) -> None:
    """End it as a crash does: it recovers from its log."""
    postgres.stop(signal.SIGQUIT)
    time.sleep(seconds)
    postgres.start()


def _freeze(postgres: PostgresServer, seconds: float) -> None:
    """Freeze every process of it: connections stay, nothing is answered, and nothing says so."""
    server = psutil.Process(postgres.process.pid)
    frozen = [server, *server.children(recursive=True)]
    for process in frozen:
        send(process.pid, signal.SIGSTOP)
    time.sleep(seconds)
    for process in frozen:
        send(process.pid, signal.SIGCONT)


WAYS: dict[str, Callable[[PostgresServer, float], None]] = {"end": _end, "crash": _crash, "freeze": _freeze}


def _until_good(visits: list[Visit], end: float) -> float:
    """Return how long after the end of an outage the first page was good again."""
    after = [one.at + one.took_s - end for one in visits if one.at + one.took_s > end and one.status in (200, 302)]
    return min(after, default=0.0)
