"""The sample data as tutorials practise on it: which of its rows a step is about."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.db.models import QuerySet

from agents.models import Agent, Swarm, Workspace
from agents.permissions import OPERATE, visible_to
from tasks.models import Approval, Step, Task
from victoros.demo.fill import find_sample


@dataclass(frozen=True)
class Practice:
    """The sample data; each row is looked up when a step asks for it, and None when it is not (or no longer) there."""

    user: Any
    workspace: Workspace

    @cached_property
    def swarm(self) -> Swarm | None:
        """The swarm to stop: the oldest that people let work."""
        return self._swarms().order_by("pk").first()

    @cached_property
    def failed(self) -> Task | None:
        """The newest task that failed, with the number of attempts it had."""
        return Task.objects.filter(swarm__in=self._swarms(), status="failed").order_by("-pk").first()

    @cached_property
    def spender(self) -> Agent | None:
        """The agent that cost most."""
        return Agent.objects.filter(swarm__in=self._swarms()).order_by("-cost_nanos", "pk").first()

    @cached_property
    def approval(self) -> Approval | None:
        """An act that waits for a yes."""
        return Approval.objects.filter(swarm__in=self._swarms(), status="pending").order_by("pk").first()

    def _swarms(self) -> QuerySet[Swarm]:
        return visible_to(self.user, Swarm.objects.filter(workspace=self.workspace), "pk", OPERATE)


def find_practice(user: Any) -> Practice | None:
    """Return the sample data as far as `user` may operate it; None when there is none."""
    workspace = find_sample()
    if workspace is None or not (workspace.sample or {}).get("is_whole"):
        return None
    practice = Practice(user, workspace)
    return practice if practice.swarm is not None else None


def number_of_failed_step(task: Task) -> int:
    """Return the number of the last step of a task's newest attempt; 0 when it has none."""
    last = Step.objects.filter(attempt__task=task).order_by("-attempt__n", "-n").values_list("n", flat=True).first()
    return last or 0
