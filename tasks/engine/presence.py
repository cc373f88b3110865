"""A cell's row: signing on, saying what it holds, giving back, signing off."""

import os
from collections.abc import Iterable
from dataclasses import dataclass

from django.db import transaction
from django.db.models import F

from audit import topics
from audit.actors import SYSTEM
from audit.events import Fact, Kind, record
from tasks.engine.points import Point, reach
from tasks.locking import lock_rows
from tasks.models import Attempt, Cell
from tasks.transitions import settle_agents, topics_of
from tasks.wakeups import call_for_work
from victoros.lib import clock
from victoros.lib.host import this_host
from victoros.lib.statements import fetch


@dataclass(frozen=True)
class Hold:
    """What the database says of an attempt this cell drives."""

    fence: int
    paused: bool


@dataclass(frozen=True)
class Held:
    """What the database says of a cell's attempts."""

    running: dict[int, Hold]
    recalled: dict[int, tuple[int, int]]
    """Attempt and fence of what it has to say that it has let go of, by the recall's number."""


@transaction.atomic
def open_cell(slots: int, worker_pid: int) -> int:
    """Sign on; returns the cell's id."""
    cell = Cell.objects.create(host=this_host(), pid=os.getpid(), worker_pid=worker_pid, slots=slots)
    reach(Point.CELL_OPENING)
    record(Fact(Kind.CELL_STARTED, SYSTEM, "cell", cell.pk, str(cell), detail={"pid": cell.pid}))
    topics.bump({"cells"})
    return cell.pk


@transaction.atomic
def close_cell(cell_id: int, why: str) -> None:
    """Sign off; whatever the cell still holds goes back to ready."""
    with topics.gather():
        release_attempts(Attempt.objects.filter(cell=cell_id, status="running").values_list("pk", flat=True))
        reach(Point.CELL_CLOSING)
        ended = Cell.objects.filter(pk=cell_id, status__in=["alive", "draining"]).update(
            status="ended", ended_at=clock.now(), reason=why[:200]
        )
        if ended:
            record(Fact(Kind.CELL_ENDED, SYSTEM, "cell", cell_id, f"cell {cell_id}", detail={"why": why}))
        topics.bump({"cells"})


def living_cells() -> set[int]:
    """Return the ids of the cells that nobody has declared dead."""
    return set(Cell.objects.filter(status__in=["alive", "draining"]).values_list("pk", flat=True))


_HELD = """
SELECT 0, a.id, a.fence, g.desired_state, s.desired_state FROM tasks_attempt a
  JOIN agents_agent g ON g.id = a.agent_id JOIN agents_swarm s ON s.id = a.swarm_id
  WHERE a.cell_id = %s AND a.status = 'running'
UNION ALL SELECT id, attempt_id, fence, '', '' FROM tasks_recall WHERE cell_id = %s
"""


def held_by(cell_id: int) -> Held:
    """Return what the database says this cell holds and has to let go of. One query."""
    held = Held({}, {})
    for number, attempt_id, fence, agent, swarm in fetch(_HELD, cell_id, cell_id):
        if number:
            held.recalled[number] = (attempt_id, fence)
        else:
            held.running[attempt_id] = Hold(fence, "paused" in (agent, swarm))
    return held


@transaction.atomic
def release_strays(cell_id: int, attempt_ids: Iterable[int]) -> None:
    """Give back attempts that hang on this cell though it does not drive them (a commit whose outcome was unknown)."""
    with topics.gather():
        release_attempts(
            Attempt.objects.filter(cell=cell_id, status="running", pk__in=list(attempt_ids)).values_list(
                "pk", flat=True
            )
        )


def release_attempts(attempt_ids: Iterable[int]) -> int:
    """Return running attempts to ready with a higher fence. Call inside a transaction."""
    held = Attempt.objects.filter(pk__in=list(attempt_ids), status="running")
    rows = lock_rows(held.select_related("task", "agent"))
    Attempt.objects.filter(pk__in=[row.pk for row in rows], status="running").update(
        status="ready", cell=None, fence=F("fence") + 1, ready_at=clock.now()
    )
    reach(Point.ATTEMPT_RELEASING)
    settle_agents(row.agent_id for row in rows)
    record(
        Fact(
            Kind.ATTEMPT_RELEASED,
            SYSTEM,
            "task",
            row.task_id,
            row.task.title,
            swarm_ref=row.swarm_id,
            detail={"attempt": row.n, "after_step": row.steps},
        )
        for row in rows
    )
    topics.bump(topics_of(row.task for row in rows))
    if rows:
        call_for_work()
    return len(rows)
