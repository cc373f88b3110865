"""What happens to the attempts of a cell that died: others go on with them, and what keeps killing is put away.

A death counts against the attempts whose code was executing (`victoros.lib.hands`). Where it is unclear whether they brought it
about, or which of them did, it counts a third as much.
"""

from collections.abc import Iterable, Sequence

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q, QuerySet

from audit import topics
from audit.actors import SYSTEM
from audit.attention import raise_item
from audit.events import Fact, Kind, record
from tasks.endings import withdraw_requests
from tasks.engine.ends import find_suspects, has_crashed, tell_end, was_its_own_doing
from tasks.engine.points import Point, reach
from tasks.engine.presence import release_attempts
from tasks.locking import lock_rows
from tasks.models import Attempt, Cell, Recall, Task
from tasks.recalls import note_let_go
from tasks.transitions import fact_of_task, settle_agents, settle_ended, topics_of
from victoros.lib import clock
from victoros.lib.hands import Leaving, forget_leavings, read_leavings
from victoros.lib.host import this_host
from victoros.lib.sentences import Sentence, in_english
from victoros.lib.sentences import sentence as _
from victoros.lib.statements import fetch, now

MOST_DEATHS = 3
UNCLEAR_FOR_ONE = 3
"""Unclear deaths that weigh as much as one of its own: kills from outside hit the same attempt more than once by chance."""

_SILENT = "SELECT id FROM tasks_cell WHERE status IN ('alive', 'draining') AND heartbeat_at < {late}"


def bury_silent_cells() -> int:
    """Declare dead every cell whose heartbeat is older than the lease, by the database's clock; returns how many."""
    silent = [pk for (pk,) in fetch(_SILENT.format(late=now(-settings.VICTOR_LEASE_S)))]
    if not silent:
        return 0
    late = Cell.objects.filter(pk__in=silent).order_by("pk")
    return sum(bury(cell, "its heartbeat stopped", is_gone=False) for cell in late)


def report_dead_process(pid: int, host: str = "", leavings: Iterable[Leaving] = ()) -> int:
    """Bury at once the cells of a process seen to die: the cell's own process or the worker it was forked from.

    `leavings` is what the report tells of them; files of this host are looked up.
    """
    host, told = host or this_host(), {left.owner: left for left in leavings}
    theirs = Cell.objects.filter(Q(pid=pid) | Q(worker_pid=pid), host=host)
    buried = sum(
        bury(cell, f"process {pid} died", told.get(cell.pk)) for cell in theirs.filter(status__in=["alive", "draining"])
    )
    owing = theirs.filter(status__in=["ended", "dead"], recalls__isnull=False)  # signed off, with threads at work
    note_process_gone({*told, *owing.values_list("pk", flat=True)})
    return buried


def bury(cell: Cell, why: str, left: Leaving | None = None, *, is_gone: bool = True) -> bool:
    """Bury a cell with what is known of its end, and remove what it left behind on this host."""
    ours = cell.host == this_host()
    if ours:
        left = next((one for one in read_leavings(settings.VICTOR_HOME, cell.pid) if one.owner == cell.pk), left)
    buried = bury_cell(cell.pk, why, left)
    if is_gone:  # apart: it locks attempts that the burial does not, whose agents that has locked
        note_process_gone([cell.pk])
    if ours:
        forget_leavings(settings.VICTOR_HOME, cell.pid, cell.pk)
    return buried


def note_process_gone(cell_ids: Iterable[int]) -> int:
    """Note that nothing is under way in these cells any more: their processes have ended."""
    return note_let_go(Recall.objects.filter(cell__in=list(cell_ids)), Attempt.LetGo.PROCESS)


def bury_namesakes(pid: int) -> int:
    """Bury this host's cells that have the process number of one that signs on just now; returns how many."""
    known = Cell.objects.filter(pid=pid, host=this_host(), status__in=["alive", "draining"])
    return sum(bury(cell, f"process {pid} signed on again") for cell in known)


@transaction.atomic
def bury_cell(cell_id: int, why: str, left: Leaving | None = None) -> bool:
    """Declare a cell dead and move its attempts on; False when somebody already did. Events: `cell.died`.

    `left` tells what it was executing; None when nobody can know.
    """
    why = f"{why}: {tell_end(left)}" if left and tell_end(left) else why
    buried = Cell.objects.filter(pk=cell_id, status__in=["alive", "draining"]).update(
        status="dead", ended_at=clock.now(), reason=why[:200]
    )
    if not buried:
        return False
    with topics.gather():
        reach(Point.CELL_BURYING)
        held = Attempt.objects.filter(cell=cell_id, status="running")
        lock_rows(held)
        _count_death(held, left)
        poison = list(
            held.annotate(weight=F("deaths") * UNCLEAR_FOR_ONE + F("unclear_deaths"))
            .filter(weight__gte=MOST_DEATHS * UNCLEAR_FOR_ONE)
            .select_related("task", "agent")
        )
        _quarantine(poison, why, left)
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


def _count_death(held: QuerySet[Attempt], left: Leaving | None) -> None:
    """Count the death against what the process was executing, as unclear if it may have come from outside; where nobody knows what
    that was, against the one that was alone on it, or as unclear against all."""
    if left is not None and (left.in_hand or not has_crashed(left)):
        counter = "deaths" if was_its_own_doing(left) else "unclear_deaths"
        held.filter(pk__in=find_suspects(left)).update(**{counter: F(counter) + 1})
    elif held.count() == 1:
        held.update(deaths=F("deaths") + 1)
    else:
        held.update(unclear_deaths=F("unclear_deaths") + 1)


def _quarantine(poison: Sequence[Attempt], why: str, left: Leaving | None) -> None:
    if not poison:
        return
    moment = clock.now()
    attempts = Attempt.objects.filter(pk__in=[row.pk for row in poison])
    withdraw_requests(attempts, actor=SYSTEM)
    attempts.update(status="quarantined", cell=None, fence=F("fence") + 1, ended_at=moment, error_category="system")
    reach(Point.TASK_QUARANTINING)
    for row in poison:
        reason = _tell_reason(row, why, left)
        plain = in_english(reason)
        Attempt.objects.filter(pk=row.pk).update(error_message=plain[:500])
        Task.objects.filter(pk=row.task_id).update(
            status="quarantined", status_since=moment, ended_at=moment, reason=plain[:400]
        )
        _report(row, reason)
    settle_agents(row.agent_id for row in poison)
    record(fact_of_task(Kind.TASK_QUARANTINED, SYSTEM, row.task, attempt=row.n, step=row.steps + 1) for row in poison)
    topics.bump(topics_of(row.task for row in poison) | settle_ended(row.task_id for row in poison) | {"attention"})


def _tell_reason(row: Attempt, why: str, left: Leaving | None) -> Sentence:
    tool = left.in_hand.get(row.pk, "") if left else ""
    facts = {"times": row.deaths + row.unclear_deaths, "tool": tool, "step": row.steps + 1, "why": why}
    if not tool:
        return (
            _("The process died %(times)s times while it worked on this; the last time at step %(step)s, %(why)s.")
            % facts
        )
    return (
        _(
            "The process died %(times)s times while it worked on this; the last time in the tool %(tool)s at step %(step)s, "
            "%(why)s."
        )
        % facts
    )


def _report(row: Attempt, reason: Sentence) -> None:
    raise_item(
        actor=SYSTEM,
        kind="quarantined",
        title=_("“%(title)s” was quarantined") % {"title": row.task.title},
        body=reason,
        severity=80,
        object_kind="task",
        object_ref=row.task_id,
        swarm_ref=row.swarm_id,
        task_ref=row.task_id,
        agent_ref=row.agent_id,
        agent_name=row.agent.name,
    )
