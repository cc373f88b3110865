"""How a task came out, for those who wait for it: ended well, ended badly, or stuck until a person does something."""

import time
from dataclasses import dataclass

from django.utils.translation import gettext as _

from audit.models import AttentionItem
from tasks.models import Attempt, Task
from tasks.selectors.words import say_state, say_waiting
from victoros.lib.errors import Category, NotFound, VictorError

GOOD = ("completed", "verified")
BAD = ("failed", "cancelled", "quarantined")
_PERSONS = ("approval", "answer", "effect")
_LOOK_S = 0.2


class TimedOut(VictorError):
    """What was waited for did not come in time."""

    category = Category.TIMEOUT


@dataclass(frozen=True)
class Verdict:
    """Why there is nothing more to wait for."""

    status: str
    """The task's state, or `waiting` when it waits for a person."""
    text: str
    waiting_for: str = ""

    @property
    def is_good(self) -> bool:
        """Whether it has not ended badly."""
        return self.status not in BAD


def wait_for_end(pk: int, *, timeout_s: float) -> Verdict:
    """Look until the task has a verdict; raise `TimedOut` when it gets none in time. Looks once at least."""
    deadline = time.monotonic() + timeout_s
    while True:
        task = Task.objects.select_related("swarm").filter(pk=pk).first()
        if task is None:
            raise NotFound(
                _("There is no task %(pk)s.") % {"pk": pk}, hint=_("`./victor task list` shows what there is.")
            )
        verdict = judge(task)
        if verdict:
            return verdict
        left = deadline - time.monotonic()
        if left <= 0:
            raise _timed_out(task, timeout_s)
        time.sleep(min(_LOOK_S, left))


def judge(task: Task) -> Verdict | None:
    """Return the verdict on a task as it stands; None while it may still move by itself."""
    if task.status in GOOD:
        return Verdict(task.status, f"Task {task.pk} is {task.status}.")
    if task.status in BAD:
        return Verdict(task.status, f"Task {task.pk} is {task.status}: {task.reason or 'no reason was given'}")
    if task.status == Task.Status.BLOCKED:
        return _judge_blocked(task)
    return None


def _judge_blocked(task: Task) -> Verdict | None:
    attempt = Attempt.objects.filter(task=task, status__in=Attempt.LIVE).first()
    if attempt and attempt.status == Attempt.Status.WAITING:
        return _waiting(task, say_waiting(attempt)) if attempt.waiting_for in _PERSONS else None
    if attempt and attempt.status == Attempt.Status.STOPPED:
        return _waiting(task, "somebody to resume it")
    if attempt:
        return None
    if task.open_dependencies == 0:
        return _waiting(task, "somebody to resume it")
    is_hopeless = AttentionItem.objects.filter(task_ref=task.pk, kind="blocked", status="open").exists()
    return _waiting(task, "somebody to see to what it depends on") if is_hopeless else None


def _waiting(task: Task, what: str) -> Verdict:
    return Verdict("waiting", f"Task {task.pk} waits for {what}. {task.reason}".strip(), what)


def _timed_out(task: Task, timeout_s: float) -> TimedOut:
    state = task.swarm.desired_state
    hint = "Wait again, or look at its page."
    if state != "running":
        hint = f"The swarm is {state}: `./victor swarm start {task.swarm_id}` makes it go on."
    elif task.status == Task.Status.READY:
        hint = "No agent has taken it: `./victor status` tells whether cells and agents are there."
    return TimedOut(f"Task {task.pk} is still {say_state(task)} after {timeout_s:g} s.", hint=hint)
