"""The bell of the notifications. Apart from the job, so that whoever raises an item loads nothing that sends."""

from django.db import transaction

from victoros.lib import chores

JOB = "audit.notifications.jobs.deliver"


def ring_on_commit() -> None:
    """Have new or settled items dealt with as soon as the present transaction has committed."""
    transaction.on_commit(_ring, robust=True)


def _ring() -> None:
    chores.ring(JOB)
