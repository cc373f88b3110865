"""What a task must be before it is written down."""

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from agents.models import Swarm
from tasks.models import Dependency, Task
from victoros.lib.errors import Conflict, InvalidInput

if TYPE_CHECKING:
    from tasks.services.work import TaskDraft

MAX_TEXT = 200_000
_NEED = re.compile(r"[a-z0-9-]{1,40}")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")


def check_draft(swarm: Swarm, draft: "TaskDraft") -> None:
    """Raise `InvalidInput` or `Conflict` with what is wrong about a task to be."""
    if swarm.archived_at:
        raise Conflict(f"The swarm {swarm.name} is archived.", hint="Choose another swarm.")
    check_title(draft.title)
    if len(draft.text) > MAX_TEXT:
        raise InvalidInput(
            f"The text has {len(draft.text):,} characters; {MAX_TEXT:,} are allowed.",
            hint="Put long material in a file of the swarm's folder and name it in the text.",
        )
    if "\x00" in draft.text:
        raise InvalidInput("The text contains a NUL character.", hint="Send plain text.")
    if not -100 <= draft.priority <= 100:
        raise InvalidInput(f"Priority {draft.priority} is out of range.", hint="Priorities go from -100 to 100.")
    if draft.agent and (draft.agent.swarm_id != swarm.pk or draft.agent.retired_at):
        raise InvalidInput(
            f"{draft.agent.name} does not work in the swarm {swarm.name}.", hint="Choose one of its agents."
        )
    if draft.parent and draft.parent.swarm_id != swarm.pk:
        raise InvalidInput("The parent task belongs to another swarm.", hint="Subtasks stay in their parent's swarm.")
    clean_needs(draft.needs)


def check_title(title: str) -> None:
    """Raise `InvalidInput` unless the title is 1 to 200 printable characters."""
    if not title.strip():
        raise InvalidInput("The task has no title.", hint="Say in one line what is to be done.")
    if len(title.strip()) > 200:
        raise InvalidInput(
            f"The title has {len(title):,} characters; 200 are allowed.", hint="Put the rest into the text."
        )
    if _CONTROL.search(title) or "\n" in title:
        raise InvalidInput("The title contains control characters.", hint="A title is one line of plain text.")


def clean_needs(needs: Iterable[str]) -> list[str]:
    """Return the needed capabilities, sorted and each once."""
    words = sorted({str(word).strip().lower() for word in needs if str(word).strip()})
    for word in words:
        if not _NEED.fullmatch(word):
            raise InvalidInput(f"{word!r} is not a capability.", hint="Use lower-case letters, digits and hyphens.")
    return words


def refuse_cycle(task: Task, on: Iterable[Task]) -> None:
    """Raise `Conflict` when `task` would, directly or through others, wait for itself."""
    level = {row.pk for row in on}
    if level & _ancestors(task):
        raise Conflict("A subtask cannot wait for the task it is part of.", hint="Let the parent wait instead.")
    if any(row.swarm_id != task.swarm_id for row in on):
        raise InvalidInput("A task can only wait for tasks of its own swarm.", hint="Check the ids.")
    seen: set[int] = set()
    while level:
        if task.pk in level:
            raise Conflict(f"Task {task.pk} would wait for itself.", hint="Take one of the dependencies away.")
        seen |= level
        level = set(Dependency.objects.filter(task__in=level).values_list("on_id", flat=True)) - seen


def _ancestors(task: Task) -> set[int]:
    found: set[int] = set()
    parent = task.parent
    while parent is not None and parent.pk not in found:
        found.add(parent.pk)
        parent = parent.parent
    return found
