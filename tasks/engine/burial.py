"""What happens to the attempts of a cell that died: others go on with them, and what keeps killing is put away."""

import socket
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from audit import topics
from audit.actors import SYSTEM
from audit.attention import raise_item
from audit.events import Fact, Kind, record
from tasks.endings import withdraw_requests
from tasks.engine.presence import release_attempts
from tasks.locking import lock_rows
from tasks.models import Attempt, Cell, Task
from tasks.transitions import fact_of_task, settle_agents, settle_ended, topics_of
from victoros.lib.clock import now_plus

MOST_DEATHS = 3


def bury_silent_cells() -> int:
    """Declare dead every cell whose heartbeat is older than the lease, by the database's clock; returns how many."""
    late = now_plus(timedelta(seconds=-settings.VICTOR_LEASE_S))
    silent = Cell.objects.filter(status__in=["alive", "draining"], heartbeat_at__lt=late)
    return sum(bury_cell(pk, "its heartbeat stopped") for pk in silent.values_list("pk", flat=True))


def report_dead_process(pid: int, host: str = "") -> int:
    """Bury at once the cells of a process seen to die: the cell's own process or the worker it was forked from."""
    dead = Cell.objects.filter(
        Q(pid=pid) | Q(worker_pid=pid), host=host or socket.gethostname(), status__in=["alive", "draining"]
    )
    return sum(bury_cell(pk, f"process {pid} died") for pk in dead.values_list("pk", flat=True))


@transaction.atomic
def bury_cell(cell_id: int, why: str) -> bool:
    """Declare a cell dead and move its attempts on; False when somebody already did. Events: `cell.died`."""
    buried = Cell.objects.filter(pk=cell_id, status__in=["alive", "draining"]).update(
        status="dead", ended_at=timezone.now(), reason=why[:200]
    )
    if not buried:
        return False
    with topics.gather():
        held = Attempt.objects.filter(cell=cell_id, status="running")
        lock_rows(held)
        held.update(deaths=F("deaths") + 1)
        poison = list(held.filter(deaths__gte=MOST_DEATHS).select_related("task", "agent"))
        _quarantine(poison, why)
        count = release_attempts(held.values_list("pk", flat=True))
        record(
            Fact(
                Kind.CELL_DIED,
                SYSTEM,
                "cell",
                cell_id,
                f"cell {cell_id}",
                detail={"why": why, "moved": count, "quarantined": len(poison)},
            )
        )
        topics.bump({"cells"})
    return True


def _quarantine(poison: list[Attempt], why: str) -> None:
    if not poison:
        return
    now = timezone.now()
    attempts = Attempt.objects.filter(pk__in=[row.pk for row in poison])
    withdraw_requests(attempts, actor=SYSTEM)
    reason = f"The process died {MOST_DEATHS} times while it worked on this; the last time {why}."
    attempts.update(
        status="quarantined",
        cell=None,
        fence=F("fence") + 1,
        ended_at=now,
        error_category="system",
        error_message=reason[:500],
    )
    Task.objects.filter(pk__in=[row.task_id for row in poison]).update(
        status="quarantined", status_since=now, ended_at=now, reason=reason[:400]
    )
    settle_agents(row.agent_id for row in poison)
    for row in poison:
        _report(row, reason)
    record(fact_of_task(Kind.TASK_QUARANTINED, SYSTEM, row.task, attempt=row.n, step=row.steps + 1) for row in poison)
    topics.bump(topics_of(row.task for row in poison) | settle_ended(row.task_id for row in poison) | {"attention"})


def _report(row: Attempt, reason: str) -> None:
    raise_item(
        actor=SYSTEM,
        kind="quarantined",
        title=f"“{row.task.title}” was quarantined",
        body=f"{reason} It died at step {row.steps + 1}.",
        severity=80,
        object_kind="task",
        object_ref=row.task_id,
        swarm_ref=row.swarm_id,
        task_ref=row.task_id,
        agent_ref=row.agent_id,
        agent_name=row.agent.name,
    )
