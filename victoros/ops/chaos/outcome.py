"""What a fault run left behind: the records kept outside, and what every invariant asks of the database."""

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from tasks.models import Attempt, Task
from victoros.ops.chaos.outside import EFFECTS, MODEL
from victoros.ops.chaos.record import Line, read_record
from victoros.ops.chaos.world import ACCEPTED, FAULTS


@dataclass
class Outcome:
    """Read once, used by all rules. `home` is the folder of the records."""

    home: Path
    expected: dict[int, tuple[str, ...]] = field(default_factory=dict)
    """How tasks may end, by id, where that is not `completed`."""

    @cached_property
    def accepted(self) -> dict[int, Line]:
        """What the service said yes to, by task id."""
        return {line["task"]: line for line in read_record(self.home / ACCEPTED)}

    @cached_property
    def asked(self) -> list[Line]:
        """Questions as they arrived at the model."""
        return read_record(self.home / MODEL)

    @cached_property
    def deliveries(self) -> list[Line]:
        """Deliveries of effects as they arrived."""
        return read_record(self.home / EFFECTS)

    @cached_property
    def faults(self) -> list[Line]:
        """What was done to the system."""
        return read_record(self.home / FAULTS)

    @cached_property
    def tasks(self) -> dict[int, Task]:
        """The accepted tasks that the database knows."""
        return {task.pk: task for task in Task.objects.defer("text", "result") if task.pk in self.accepted}

    @cached_property
    def attempts(self) -> list[Attempt]:
        """All attempts of accepted tasks."""
        return [one for one in Attempt.objects.select_related("cell") if one.task_id in self.accepted]
