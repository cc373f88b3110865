"""Stops that no living cell confirms: of cells that are gone, and of calls that go on although they should end."""

from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet

from audit import topics
from audit.actors import SYSTEM
from audit.attention import raise_item, settle_item
from audit.models import AttentionItem
from tasks.models import Attempt, Cell
from tasks.recalls import note_let_go
from victoros.lib import clock
from victoros.lib.clock import now_plus
from victoros.lib.deaths import began_after, is_gone
from victoros.lib.host import this_host
from victoros.lib.sentences import Sentence, sentence_of_many
from victoros.lib.sentences import sentence as _
from victoros.lib.statements import fetch

KIND = AttentionItem.Kind.NOT_STOPPED
AT_ONCE = 1000
"""Attempts of a swarm that are counted at most."""
LATE_S = 10.0
"""After how long a stop that nobody has confirmed is put before the operators."""
_ENDED = """
SELECT DISTINCT c.id FROM tasks_attempt t JOIN tasks_cell c ON c.id = t.recalled_from_id
  WHERE t.recalled_from_id IS NOT NULL AND c.status IN ('ended', 'dead')
"""


def settle_recalls() -> int:
    """Note for cells that have signed off or were declared dead that what was recalled from them is over; returns how much.

    On this host the process must be gone; of another host nobody here can know, and its word counts as lost after a lease.
    """
    ids = [pk for (pk,) in fetch(_ENDED)]
    return sum(_settle(cell) for cell in Cell.objects.filter(pk__in=ids).order_by("pk"))


def _settle(cell: Cell) -> int:
    if cell.host == this_host():
        is_over = is_gone(cell.pid) or (cell.ended_at is not None and began_after(cell.pid, cell.ended_at))
        return note_let_go(cell.pk, how=Attempt.LetGo.PROCESS) if is_over else 0
    late = cell.ended_at is None or clock.now() - cell.ended_at > timedelta(seconds=settings.VICTOR_LEASE_S)
    return note_let_go(cell.pk, how=Attempt.LetGo.LOST) if late else 0


def report_unstopped() -> int:
    """Put stops that are not confirmed after `LATE_S` before the operators, one item for a swarm, and take it back once they are.

    Returns how many items were raised or settled.
    """
    late = find_late()
    swarms = set(
        late.order_by().values_list("swarm", flat=True)
    )  # made distinct by the database, SQLite reads all attempts
    return _take_back(swarms) + sum(_raise(late.filter(swarm=swarm_id)) for swarm_id in sorted(swarms))


def find_late() -> QuerySet[Attempt]:
    """Return what was recalled and has not been let go of for long."""
    return Attempt.objects.filter(recalled_from__isnull=False, recalled_at__lt=now_plus(timedelta(seconds=-LATE_S)))


@transaction.atomic
def _raise(late: QuerySet[Attempt]) -> int:
    """Raise the item of a swarm, unless there is one or a person has taken note of it since."""
    rows = list(late.select_related("task", "swarm", "recalled_from").order_by("-recalled_at", "-pk")[:AT_ONCE])
    if not rows or rows[0].recalled_from is None:
        return 0
    first, cell, swarm = rows[0], rows[0].recalled_from, rows[0].swarm
    known = AttentionItem.objects.filter(kind=KIND, object_kind="swarm", object_ref=swarm.pk)
    if known.filter(Q(status="open") | Q(created_at__gte=first.recalled_at)).exists():
        return 0
    raise_item(
        actor=SYSTEM,
        kind=KIND,
        title=_name(first, len(rows) - 1),
        body=_(
            "Cell %(cell)s, process %(pid)s on %(host)s, was told to let go and still has a call under way. Nothing that comes "
            "of it is accepted. Wait until the call ends, or end that process: its other work goes on elsewhere."
        )
        % {"cell": cell.pk, "pid": cell.pid, "host": cell.host_name},
        severity=85,
        object_kind="swarm",
        object_ref=swarm.pk,
        swarm_ref=swarm.pk,
        task_ref=first.task_id,
    )
    topics.bump({"attention", f"swarm:{swarm.pk}"})
    return 1


def _name(first: Attempt, more: int) -> Sentence:
    if not more:
        return _("“%(title)s” has not stopped") % {"title": first.task.title}
    return sentence_of_many(
        "“%(title)s” and %(more)s more have not stopped", "“%(title)s” and %(more)s more have not stopped", more
    ) % {"title": first.task.title, "more": f"{more:,}"}


@transaction.atomic
def _take_back(late: set[int]) -> int:
    """Settle the items of swarms of which everything has stopped meanwhile."""
    done = [item for item in AttentionItem.objects.filter(kind=KIND, status="open") if item.object_ref not in late]
    for item in done:
        settle_item(actor=SYSTEM, item=item, answer="It has stopped.")
    if done:
        topics.bump({"attention"} | {f"swarm:{item.object_ref}" for item in done})
    return len(done)
