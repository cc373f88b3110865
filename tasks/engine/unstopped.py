"""Stops that no living cell confirms: of cells that are gone, and of calls that go on although they should end."""

from datetime import timedelta

from django.db import transaction
from django.db.models import Q, QuerySet

from audit import topics
from audit.actors import SYSTEM
from audit.attention import raise_item, settle_item
from audit.models import AttentionItem
from tasks.engine.burial import note_process_gone
from tasks.models import Cell, Recall
from victoros.lib.clock import now_plus
from victoros.lib.deaths import began_after, is_gone
from victoros.lib.host import this_host
from victoros.lib.sentences import Sentence, sentence_of_many
from victoros.lib.sentences import sentence as _

KIND = AttentionItem.Kind.NOT_STOPPED
GONE = ("ended", "dead")
LATE_S = 10.0
"""After how long a stop that nobody has confirmed is put before the operators."""


def settle_recalls() -> int:
    """Note for cells of this host that have signed off or were declared dead that their processes are gone; returns for how much.

    Of another host's processes nobody here knows: its workers report their ends.
    """
    owing = Cell.objects.filter(pk__in=Recall.objects.values("cell"), status__in=GONE, host=this_host())
    return sum(note_process_gone([cell.pk]) for cell in owing.order_by("pk") if _is_over(cell))


def _is_over(cell: Cell) -> bool:
    """Tell whether its process is gone, also if another one has its number now."""
    return is_gone(cell.pid) or (cell.ended_at is not None and began_after(cell.pid, cell.ended_at))


def report_unstopped() -> int:
    """Put stops that are not confirmed after `LATE_S` before the operators, one item for a swarm, and take it back once they are.

    Returns how many items were raised or settled.
    """
    late = Recall.objects.filter(at__lt=now_plus(timedelta(seconds=-LATE_S)))
    swarms = set(late.values_list("swarm", flat=True).distinct())
    untold = late.filter(Q(noted_at=None) | Q(cell__status__in=GONE))
    return _take_back(swarms) + sum(_raise(untold.filter(swarm=swarm_id)) for swarm_id in sorted(swarms))


@transaction.atomic
def _raise(late: QuerySet[Recall]) -> int:
    """Raise the item of a swarm, unless there is one; it names what nobody but a person can settle first."""
    rows = late.select_related("attempt__task", "cell")
    newest = rows.filter(cell__status__in=GONE).last() or rows.last()
    if newest is None:
        return 0
    if AttentionItem.objects.filter(kind=KIND, object_kind="swarm", object_ref=newest.swarm_id, status="open").exists():
        return 0
    raise_item(
        actor=SYSTEM,
        kind=KIND,
        title=_name(newest.attempt.task.title, late.count() - 1),
        body=_explain(newest.cell),
        severity=85,
        object_kind="swarm",
        object_ref=newest.swarm_id,
        swarm_ref=newest.swarm_id,
        task_ref=newest.attempt.task_id,
    )
    topics.bump({"attention", f"swarm:{newest.swarm_id}"})
    return 1


def _explain(cell: Cell) -> Sentence:
    facts = {"cell": cell.pk, "pid": cell.pid, "host": cell.host_name}
    if cell.status not in GONE:
        said = _(
            "Cell %(cell)s, process %(pid)s on %(host)s, was told to let go and still has a call under way. Nothing that comes "
            "of it is accepted. Wait until the call ends, or end that process: its other work goes on elsewhere."
        )
    else:
        said = _(
            "Cell %(cell)s, process %(pid)s on %(host)s, has ended or fell silent, and nobody has seen the end of its process. "
            "Nothing that it still does is accepted. See that the process is gone, then take note of this."
        )
    return said % facts


def _name(title: str, more: int) -> Sentence:
    if not more:
        return _("“%(title)s” has not stopped") % {"title": title}
    return sentence_of_many(
        "“%(title)s” and %(more)s more have not stopped", "“%(title)s” and %(more)s more have not stopped", more
    ) % {"title": title, "more": f"{more:,}"}


@transaction.atomic
def _take_back(late: set[int]) -> int:
    """Settle the items of swarms of which everything has stopped meanwhile."""
    done = [item for item in AttentionItem.objects.filter(kind=KIND, status="open") if item.object_ref not in late]
    for item in done:
        settle_item(actor=SYSTEM, item=item, answer="It has stopped.")
    if done:
        topics.bump({"attention"} | {f"swarm:{item.object_ref}" for item in done})
    return len(done)
