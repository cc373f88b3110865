"""The rows of the tasks app."""

from tasks.models.approval import Approval, StandingRule
from tasks.models.attempt import Attempt
from tasks.models.bulk import BulkAct, BulkItem
from tasks.models.cell import Cell, Lease
from tasks.models.cost import TaskCost
from tasks.models.journal import Effect, Step
from tasks.models.minute import Counted, Minute
from tasks.models.outbox import Outbox
from tasks.models.quota import Grant, Quota
from tasks.models.recall import Recall
from tasks.models.spend import Spend, SwarmSpend
from tasks.models.tally import TaskTally
from tasks.models.task import Dependency, Task
from tasks.models.title import TaskTitle

__all__ = [
    "Approval",
    "Attempt",
    "BulkAct",
    "BulkItem",
    "Cell",
    "Counted",
    "Dependency",
    "Effect",
    "Grant",
    "Lease",
    "Minute",
    "Outbox",
    "Quota",
    "Recall",
    "Spend",
    "StandingRule",
    "Step",
    "SwarmSpend",
    "Task",
    "TaskCost",
    "TaskTally",
    "TaskTitle",
]
