"""`chaos clock`: one crew's clock is an hour ahead, the other's an hour behind; rests, leases and times must not notice."""

import signal
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db.models import Max, Min, Model, Q

from audit.models import Entry
from tasks.models import Attempt, Cell, Step, Task
from victoros.ops.chaos import programs
from victoros.ops.chaos.processes import await_true, kill
from victoros.ops.chaos.world import World, held_by, living_cells
from victoros.ops.processes import send, started_at

LEASE = {"VICTOR_LEASE_S": "4.0", "VICTOR_HEARTBEAT_S": "0.8", "VICTOR_CELL_SLOTS": "10"}
HOUR_S = 3600
SLACK = timedelta(seconds=5)
REST_S = (1.5, 20.0)
"""How long a task that stumbled may rest: 2 s are meant, a busy machine adds to it. A wrong clock makes it none, or an hour."""
TIMES: tuple[tuple[type[Model], tuple[str, ...]], ...] = (
    (Entry, ("at",)),
    (Step, ("started_at", "finished_at")),
    (Task, ("created_at", "ready_at", "started_at", "ended_at")),
    (Attempt, ("created_at", "ready_at", "ended_at")),
    (Cell, ("started_at", "heartbeat_at", "ended_at")),
)


def run(world: World) -> dict[str, Any]:
    """Work, stumble, die and freeze under both clocks; returns how long tasks rested."""
    rounds, number = world.plan.size(20, 2), 60
    began, settled = datetime.now(UTC), True
    with world.crew(1, "ahead", **LEASE, **_shifted(HOUR_S)), world.crew(1, "behind", **LEASE, **_shifted(-HOUR_S)):
        for _ in range(rounds):
            if world.time_is_up:
                break
            tasks = world.give(number, 4) + world.give(number // 3, 4, stumbles=True)
            _torment(world)
            settled = world.await_settled(tasks, 180) and settled  # so that a rest is not a wait for a place
    rests = sorted(_rests())
    said = [f"a task rested {rest:.1f} s instead of 2 s" for rest in rests if not REST_S[0] <= rest <= REST_S[1]]
    said += [] if settled else ["not all work had ended after 180 s"]
    said += list(_wrong_times(began - SLACK, datetime.now(UTC) + SLACK))
    return {
        "settled": settled,
        "rested": len(rests),
        "shortest_rest_s": round(rests[0], 2) if rests else 0.0,
        "longest_rest_s": round(rests[-1], 2) if rests else 0.0,
        "violations": said[:20],
    }


def _shifted(seconds: int) -> dict[str, str]:
    return {programs.CLOCK: str(seconds)}


def _torment(world: World) -> None:
    """Kill one cell that works, and freeze the one that took its work until it is ended: any clock must see its silence."""
    await_true(lambda: len(_busy()) == 2, 60, "both cells did not work")
    first, second = world.plan.random.sample(_busy(), 2)
    held = held_by(first)
    world.note("kill", cell=first.pk, way="cell", pid=first.pid, worker=first.worker_pid, attempts=held)
    kill(first.pid)
    waiting = Attempt.objects.filter(pk__in=held)
    await_true(
        lambda: not waiting.filter(Q(status="ready") | Q(status="running", cell=first.pk)).exists(),
        60, "the work of the killed cell did not move", look_s=0.02,
    )  # fmt: skip
    world.note("freeze", cell=second.pk, pid=second.pid)
    born = started_at(second.pid)
    send(second.pid, signal.SIGSTOP)
    await_true(lambda: started_at(second.pid) != born, 60, "the frozen cell was not ended")
    await_true(lambda: sum(started_at(cell.pid) > 0 for cell in living_cells()) == 2, 60, "the cells did not come back")


def _busy() -> list[Cell]:
    return [cell for cell in living_cells().order_by("pk") if held_by(cell) and started_at(cell.pid)]


def _rests() -> Iterator[float]:
    """Yield how many seconds each task that stumbled rested before its second attempt."""
    failed = dict(Entry.objects.filter(kind="attempt.failed").values_list("object_ref", "at"))
    for ref, detail, at in Entry.objects.filter(kind="task.claimed").values_list("object_ref", "detail", "at"):
        if detail["attempt"] == 2 and ref in failed:
            yield (at - failed[ref]).total_seconds()


def _wrong_times(earliest: datetime, latest: datetime) -> Iterator[str]:
    """Yield every kind of time of which one lies outside of the run."""
    for model, names in TIMES:
        for name in names:
            found = model._default_manager.aggregate(first=Min(name), last=Max(name))
            for moment in (found["first"], found["last"]):
                if moment is not None and not earliest <= moment <= latest:
                    yield f"{model.__name__}.{name} says {moment:%H:%M:%S}, outside of {earliest:%H:%M:%S} to {latest:%H:%M:%S}"
