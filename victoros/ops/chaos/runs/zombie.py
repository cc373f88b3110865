"""`chaos zombie`: cells are frozen past their lease, others finish their work, and the thawed ones try to go on."""

import hashlib
from typing import Any

from agents.models import Agent
from audit.models import Entry
from tasks.models import Attempt, Cell, Effect, Step, Task
from victoros.ops.chaos.freezing import await_gone, freeze, thaw
from victoros.ops.chaos.processes import await_true
from victoros.ops.chaos.world import World, held_by, living_cells

STEPS = 4
QUICK = {"VICTOR_LEASE_S": "2.0", "VICTOR_HEARTBEAT_S": "0.4", "VICTOR_END_FROZEN": "0", "VICTOR_CELL_SLOTS": "6"}


def run(world: World) -> dict[str, Any]:
    """Freeze all but a few cells at once, round after round; returns trials, and rounds in which a thawed process wrote."""
    cells, spare, trials = world.plan.size((20, 4, 1000), (6, 2, 20))
    world.steer_outside(latency_s=world.plan.size(1.0, 0.2))  # work must last until all of many cells have some
    done, accepted, rounds = 0, 0, 0
    with world.crew(cells, **QUICK):
        while done < trials and not world.time_is_up:
            number, written = _round(world, cells, cells - spare)
            done, accepted, rounds = done + number, accepted + written, rounds + 1
    broken = [f"thawed processes wrote in {accepted} rounds"] if accepted else []
    return {"trials": done, "rounds": rounds, "rounds_with_writes": accepted, "violations": broken}


def _round(world: World, cells: int, most: int) -> tuple[int, int]:
    """Do one round; returns how many were frozen, and 1 if anything had changed when the thawed ones had gone."""
    await_true(lambda: living_cells().count() >= cells, 60, "the cells did not come back")
    tasks = world.give(cells * 4, STEPS)
    await_true(
        lambda: sum(bool(held_by(cell)) for cell in living_cells()) > most // 2, 30, "the cells did not share the work"
    )
    frozen = _freeze_some(world, most)
    ids, held = [cell.pk for cell in frozen], [task for tasks in frozen.values() for task in tasks]
    world.note("freeze", cells=ids)
    await_true(lambda: not living_cells().filter(pk__in=ids).exists(), 30, "the frozen cells were not declared dead")
    world.await_settled(tasks, 60)
    before = _digest(tasks)
    world.note("thaw", cells=ids, tasks=held)
    for cell in frozen:
        thaw(cell)
    await_gone([cell.pid for cell in frozen])
    return len(frozen), int(_digest(tasks) != before)


def _freeze_some(world: World, most: int) -> dict[Cell, list[int]]:
    """Return who was frozen, and the tasks each held: read at once, as the first may be buried before the last is frozen."""
    working = [cell for cell in living_cells().order_by("pk") if held_by(cell)]
    chosen = world.plan.random.sample(working, min(most, len(working)))
    return {cell: _tasks_of(cell) for cell in chosen if freeze(cell)}


def _tasks_of(cell: Cell) -> list[int]:
    return list(Attempt.objects.filter(cell=cell.pk, status="running").values_list("task_id", flat=True))


def _digest(tasks: list[int]) -> str:
    """Return a sum over every row that a cell writes for these tasks: one that is added or changed gives another."""
    mine = {"task__in": tasks}
    rows: list[Any] = [
        list(Task.objects.filter(pk__in=tasks).order_by("pk").values_list()),
        list(Attempt.objects.filter(**mine).order_by("pk").values_list()),
        list(Step.objects.filter(attempt__in=Attempt.objects.filter(**mine)).order_by("pk").values_list()),
        list(Effect.objects.filter(attempt__in=Attempt.objects.filter(**mine)).order_by("pk").values_list()),
        list(Entry.objects.filter(object_kind="task", object_ref__in=tasks).order_by("pk").values_list()),
        list(
            Agent.objects.order_by("pk").values_list("step_count", "token_count", "cost_nanos", "done_count", "active")
        ),
    ]
    return hashlib.sha256(repr(rows).encode()).hexdigest()
