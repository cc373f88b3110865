"""What a stop takes from a cell counts as stopped once the cell has let go of it: until then its last call may still be under way.

The fence refuses whatever such a call brings. But an operator who stops something wants to know that it has ended, and where not.
"""

from collections.abc import Iterable
from typing import Any

from django.db import transaction
from django.db.models import Case, F, Value, When
from django.db.models.functions import Coalesce

from audit import topics
from audit.actors import SYSTEM
from audit.events import Kind, record
from tasks.locking import lock_rows
from tasks.models import Attempt
from tasks.transitions import fact_of_task, settle_agents, topics_of
from victoros.lib import clock


def recall() -> dict[str, Any]:
    """Return what is to be written with an attempt that loses its cell in the same statement: who has to let go, since when.

    What was recalled before and has no new cell stays as it is: that one still has to let go.
    """
    return {
        "recalled_from": Coalesce(F("cell"), F("recalled_from")),
        "recalled_at": Case(When(cell=None, then=F("recalled_at")), default=Value(clock.now())),
        "let_go_at": Case(When(cell=None, then=F("let_go_at")), default=None),
        "let_go_how": Case(When(cell=None, then=F("let_go_how")), default=Value("")),
    }


@transaction.atomic
def note_let_go(cell_id: int, attempt_ids: Iterable[int] | None = None, *, how: Attempt.LetGo) -> int:
    """Note that a cell has let go of attempts, or of all that were recalled from it; returns how many. Safe to repeat.

    Events: `attempt.let_go` for each.
    """
    recalled = Attempt.objects.filter(recalled_from=cell_id)
    if attempt_ids is not None:
        recalled = recalled.filter(pk__in=list(attempt_ids))
    rows = lock_rows(recalled.select_related("task"))
    if not rows:
        return 0
    now = clock.now()
    Attempt.objects.filter(pk__in=[row.pk for row in rows]).update(recalled_from=None, let_go_at=now, let_go_how=how)
    with topics.gather():
        settle_agents(row.agent_id for row in rows)
        record(
            fact_of_task(
                Kind.ATTEMPT_LET_GO,
                SYSTEM,
                row.task,
                attempt=row.n,
                cell=cell_id,
                how=str(how),
                after_s=round((now - (row.recalled_at or now)).total_seconds(), 1),
            )
            for row in rows
        )
        topics.bump(topics_of(row.task for row in rows) | {f"agent:{row.agent_id}" for row in rows} | {"cells"})
    return len(rows)
