"""Tasks that are not yet written down. `checks.py` says what they may hold, `making.py` writes them down."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from agents.models import Agent
from tasks.models import Task

DependsOn = Task | tuple[Task, str]
"""A task that must succeed, or (task, "ended"): one that must end, however."""


@dataclass(frozen=True)
class TaskDraft:
    """A task to be; see the fields of `Task`. `depends_on` holds tasks or (task, "ended") pairs."""

    title: str
    text: str = ""
    kind: str = "work"
    data: dict[str, Any] = field(default_factory=dict)
    priority: int = 0
    needs: Sequence[str] = ()
    acceptance: Sequence[str] = ()
    parent: Task | None = None
    depends_on: Sequence[DependsOn] = ()
    agent: Agent | None = None
    backlog: bool = False
    verify_need: str = ""
    verifies: Task | None = None
    deadline: datetime | None = None
    max_attempts: int = 3
    key: str | None = None
