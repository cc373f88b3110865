"""The job on the queue `chores` that decides who is told, sends, and withdraws; and what makes sure that it runs."""

import time

from audit.notifications import delivering, planning
from audit.notifications.ringing import JOB
from victoros.lib import chores

BUDGET_S = 60.0
LOOK_FOR_SETTLED_S = 10.0
"""How often the scheduler looks for notices to withdraw; a settled item rings by itself."""

_looked_at = 0.0


def deliver() -> int:
    """Deal with all that is due, a batch at a time; returns how many items and notices that were. Safe to run twice."""
    chores.answer(JOB)
    until, done = time.monotonic() + BUDGET_S, 0
    while batch := planning.plan_some() + delivering.deliver_some() + delivering.withdraw_some():
        done += batch
        if time.monotonic() > until:
            chores.ring(JOB)
            break
    return done


def keep_up() -> int:
    """Ring for what nobody has dealt with: the ring was lost, or something has become due. 1 if it rang."""
    return int(_is_something_due() and chores.ring(JOB))


def _is_something_due() -> bool:
    global _looked_at
    if planning.unplanned().exists() or delivering.due().exists():
        return True
    if time.monotonic() < _looked_at + LOOK_FOR_SETTLED_S:
        return False
    _looked_at = time.monotonic()
    return bool(delivering.standing().exists())
