"""Places where the death of the process could matter, by name. `./victor chaos points` makes it die at each of them.

In ordinary life `reach` does nothing; it costs one comparison.
"""

from collections.abc import Callable

from django.db.models import TextChoices


class Point(TextChoices):
    """Where a process can be told to die; the label says what has happened by then. Listed in `docs/points.md`."""

    CELL_OPENING = "cell.opening", "The row of a new cell is written, its entry is not."
    CELL_OPENED = "cell.opened", "A cell has signed on and has not looked for work yet."
    OUTBOX_MARKED = "outbox.marked", "A claim has marked the calls as heard and has taken nothing yet."
    ATTEMPT_RESUMING = "attempt.resuming", "A claim has taken ready attempts; their entries are not written."
    TASK_BEGINNING = "task.beginning", "A claim has taken tasks and made their attempts; their entries are not written."
    CLAIMED = "claimed", "A claim is committed; nobody has read what was taken."
    LOADED = "loaded", "What was taken is read back; nobody drives it yet."
    MODEL_ANSWERED = "model.answered", "The language model has answered; nothing is written."
    EFFECT_INTENDED = "effect.intended", "An act is committed as intended and has not begun."
    EFFECT_ACTED = "effect.acted", "An act has taken place; nothing says so yet."
    BATCH_ADVANCED = "batch.advanced", "A group commit has moved its attempts on; the journal is not written."
    BATCH_WRITTEN = "batch.written", "A group commit has written everything and is not committed."
    BATCH_COMMITTED = "batch.committed", "A group commit is durable; no program knows."
    TASK_COMPLETING = "task.completing", "A task is marked as completed; its attempt has not left the cell."
    VERIFICATION_ORDERED = "verification.ordered", "The task that verifies a result is made; its entry is not written."
    ATTEMPT_FAILING = "attempt.failing", "A failed attempt's task is put back or failed; the entry is not written."
    ATTEMPT_SUSPENDING = "attempt.suspending", "An attempt has become a waiting row; its entry is not written."
    ATTEMPT_LEAVING = "attempt.leaving", "An attempt that gives way is ready again; its entry is not written."
    STRAYS_FOUND = "strays.found", "A cell holds attempts that it does not drive, and has not given them back."
    CELL_DRAINED = "cell.drained", "A draining cell drives nothing any more and has not signed off."
    CELL_CLOSING = "cell.closing", "A cell's attempts are given back; its row still says that it lives."
    ATTEMPT_RELEASING = "attempt.releasing", "Attempts are taken from a cell; the calls for others are not written."
    DEATH_HEARD = "death.heard", "The report of a dead process is taken from the list and nothing has followed."
    CELL_BURYING = "cell.burying", "A cell is declared dead; its attempts still hang on it."
    TASK_QUARANTINING = "task.quarantining", "An attempt that kills is put away; its task is not."
    ROUND_BEGUN = "round.begun", "The reconciler has buried the silent cells and done nothing else."
    LEASE_TAKEN = "lease.taken", "A named right is taken and not used."
    ATTEMPT_WAKING = "attempt.waking", "Waiting attempts are ready again; their tasks still say blocked."
    DEPENDENTS_FOUND = "dependents.found", "The dependencies on an ended task are settled; nobody is unblocked."
    CALLING = "calling", "A change is committed; the doorbell has not rung."
    TASK_CREATING = "task.creating", "Tasks are written; their entries are not."
    TASK_CANCELLING = "task.cancelling", "The attempts of a cancelled task have ended; the task has not."
    TASK_RETRYING = "task.retrying", "A task is ready again; its attention items are not settled."
    ATTEMPTS_HALTING = "attempts.halting", "A stop has taken the attempts away; their tasks still say in progress."
    ATTEMPTS_REVIVING = "attempts.reviving", "A start has made the attempts ready; their tasks still say blocked."
    APPROVAL_DECIDING = "approval.deciding", "A person's word is written; the attempt that waits for it is not woken."
    ANSWER_GIVING = "answer.giving", "An attention item is answered; the attempt that waits for it is not woken."
    EFFECT_SETTLING = "effect.settling", "A person's word settled an act; the attempt that waits for it is not woken."
    MAIL_TAKING_UP = "mail.taking_up", "A letter is marked as read; the task made of it is not written."
    RESULT_VERIFYING = "result.verifying", "A result is marked as verified; nobody who waits for it knows."
    RESULT_REFUTING = "result.refuting", "A refuted task is ready again or failed; the entry is not written."


OnReach = Callable[[Point], None]
_on_reach: OnReach | None = None


def reach(point: Point) -> None:
    """Say that the process has come to this point."""
    if _on_reach is not None:
        _on_reach(point)


def watch_points(on_reach: OnReach | None) -> None:
    """Call `on_reach` at every point from now on, in this process; None ends it."""
    global _on_reach
    _on_reach = on_reach
