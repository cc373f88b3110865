"""The rows of the tasks app."""

from tasks.models.approval import Approval
from tasks.models.attempt import Attempt
from tasks.models.cell import Cell, Lease
from tasks.models.journal import Effect, Step
from tasks.models.outbox import Outbox
from tasks.models.task import Dependency, Task

__all__ = ["Approval", "Attempt", "Cell", "Dependency", "Effect", "Lease", "Outbox", "Step", "Task"]
