"""What a stop takes from a cell counts as stopped once the cell has let go of it: until then its last call may still be under way.

The fence refuses whatever such a call brings. But an operator who stops something wants to know that it has ended, and where not.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet

from audit import topics
from audit.actors import SYSTEM, Actor
from audit.events import Kind, record
from tasks.locking import lock_rows
from tasks.models import Attempt, Cell, Recall
from tasks.transitions import fact_of_task, settle_agents, topics_of
from victoros.lib import clock
from victoros.lib.database import again_after_deadlock
from victoros.lib.inserting import add_rows


def recall(attempts: Iterable[Attempt]) -> None:
    """Note which cells have to let go of these attempts; call it before they are taken away, with their rows locked.

    Of a cell that has ended nothing is asked: it did not drive anything any more.
    """
    held = [(row, row.cell_id) for row in attempts if row.cell_id]
    if not held:
        return
    going = Cell.objects.filter(pk__in={cell_id for _, cell_id in held}, status__in=["alive", "draining"])
    cells, now = set(going.values_list("pk", flat=True)), clock.now()
    owed = [_owe(row, cell_id, now) for row, cell_id in held if cell_id in cells]
    add_rows(Recall, owed)
    for cell_id in cells:
        ids = [one.attempt_id for one in owed if one.cell_id == cell_id]
        Attempt.objects.filter(pk__in=ids).update(recalled_from=cell_id, recalled_at=now, let_go_at=None, let_go_how="")


def _owe(row: Attempt, cell_id: int, now: datetime) -> Recall:
    owed = {"attempt_id": row.pk, "cell_id": cell_id, "agent_id": row.agent_id, "swarm_id": row.swarm_id}
    return Recall(**owed, fence=row.fence, at=now)


@again_after_deadlock
@transaction.atomic
def note_let_go(recalls: "QuerySet[Recall]", how: Attempt.LetGo, *, actor: Actor = SYSTEM) -> int:
    """Note that the cells have let go of what these recalls are about; returns how much that was. Safe to repeat.

    Events: `attempt.let_go` for each.
    """
    ids = list(recalls.values_list("attempt", flat=True))
    if not ids:
        return 0
    attempts = {row.pk: row for row in lock_rows(Attempt.objects.filter(pk__in=ids).select_related("task"))}
    given = list(recalls.filter(attempt__in=ids))
    Recall.objects.filter(pk__in=[one.pk for one in given]).delete()
    _settle(sorted({one.attempt_id for one in given}), how)
    now = clock.now()
    with topics.gather():
        settle_agents(one.agent_id for one in given)
        record(
            fact_of_task(
                Kind.ATTEMPT_LET_GO,
                actor,
                attempts[one.attempt_id].task,
                attempt=attempts[one.attempt_id].n,
                cell=one.cell_id,
                how=str(how),
                after_s=round((now - one.at).total_seconds(), 1),
            )
            for one in given
        )
        tasks = topics_of(attempts[one.attempt_id].task for one in given)
        topics.bump(tasks | {f"agent:{one.agent_id}" for one in given} | {"cells"})
    return len(given)


def _settle(attempt_ids: Sequence[int], how: Attempt.LetGo) -> None:
    """Mark attempts as let go of, or as owed by another cell that took them up in between and lost them too."""
    left = {one.attempt_id: one for one in Recall.objects.filter(attempt__in=attempt_ids).order_by("at")}
    over = [pk for pk in attempt_ids if pk not in left]
    Attempt.objects.filter(pk__in=over).update(recalled_from=None, let_go_at=clock.now(), let_go_how=how)
    for pk, one in left.items():
        Attempt.objects.filter(pk=pk).update(recalled_from=one.cell_id, recalled_at=one.at)
