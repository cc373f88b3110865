"""What the person of a small world does: gives work, answers what waits, disturbs, and sets going again."""

from collections.abc import Callable

from django.db import OperationalError

from agents.models import Swarm
from audit.models import AttentionItem, Entry
from tasks.models import Approval, Attempt, Effect, Task
from tasks.services.approvals import approve
from tasks.services.control import pause_swarm, resume_task, start_swarm, stop_swarm, stop_task
from tasks.services.questions import answer_question, settle_uncertain_effect
from tasks.services.work import cancel_task, retry_task
from tasks.states import ENDED
from victoros.lib.errors import Conflict
from victoros.ops.chaos.points.notebook import ACTS, OPEN, TRACE
from victoros.ops.chaos.points.stories import PERSON, give, key_of


def act(stories: tuple[str, ...]) -> int:
    """Do everything there is to do for a person; returns how much it was. An answer that gets lost is seen next time."""
    done = 0
    deeds: tuple[Callable[[], int], ...] = (
        lambda: give(stories), _approve, _answer, _say_what_happened, _heal, _start, _resume,
    )  # fmt: skip
    for deed in deeds:
        try:
            done += deed()
        except (OperationalError, Conflict) as error:
            OPEN.add(TRACE, event="person", error=str(error))
            done += 1
    return done


def _approve() -> int:
    return sum(
        bool(approve(actor=PERSON, approval=row)) for row in Approval.objects.filter(status="pending").order_by("pk")
    )


def _open_items(kind: str) -> list[AttentionItem]:
    return list(AttentionItem.objects.filter(kind=kind, status="open").order_by("pk"))


def _answer() -> int:
    return sum(bool(answer_question(actor=PERSON, item=item, text="Well.")) for item in _open_items("question"))


def _say_what_happened() -> int:
    """Look outside whether the act took place, and say so."""
    happened = {line["key"] for line in OPEN.read(ACTS)}
    items = _open_items("uncertain_effect")
    for item in items:
        keys = Effect.objects.filter(attempt=item.object_ref, status="intended").values_list("key", flat=True)
        settle_uncertain_effect(actor=PERSON, item=item, happened=bool(happened & set(keys)))
    return len(items)


def _heal() -> int:
    rows = list(Task.objects.filter(status="quarantined").order_by("pk"))
    if rows:
        OPEN.heal()
    return sum(retry_task(actor=PERSON, task=row) for row in rows)


def _start() -> int:
    held = Swarm.objects.exclude(desired_state="running")
    return sum(start_swarm(actor=PERSON, swarm=swarm).changed for swarm in held)


def _resume() -> int:
    held = Attempt.objects.filter(status="stopped", swarm__desired_state="running").select_related("task")
    tasks = [row.task for row in held] + list(
        Task.objects.filter(status="blocked", attempts=None).exclude(held_at=None)
    )
    return sum(resume_task(actor=PERSON, task=task).changed for task in tasks)


# --- disturbances ----------------------------------------------------------------------------------------------------------


def _stop() -> bool:
    return _once("swarm.stopped", lambda swarm: stop_swarm(actor=PERSON, swarm=swarm))


def _pause() -> bool:
    return _once("swarm.paused", lambda swarm: pause_swarm(actor=PERSON, swarm=swarm))


def _once(kind: str, deed: Callable[[Swarm], object]) -> bool:
    if Entry.objects.filter(kind=kind).exists():
        return False
    deed(Swarm.objects.get())
    return True


def _hold() -> bool:
    task = Task.objects.get(key=key_of("held", 0))
    if Entry.objects.filter(kind="task.stopped", object_ref=task.pk).exists():
        return False
    if task.status not in ("ready", "in_progress"):
        return False
    stop_task(actor=PERSON, task=task)
    return True


def _cancel() -> bool:
    task = Task.objects.get(key=key_of("cancelled", 0))
    if task.status in ENDED:
        return False
    cancel_task(actor=PERSON, task=task)
    return True


DISTURBANCES: dict[str, Callable[[], bool]] = {
    "stop the swarm": _stop,
    "pause the swarm": _pause,
    "hold a task": _hold,
    "cancel a task": _cancel,
}
