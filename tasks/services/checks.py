"""What a task must be before it is written down."""

import re
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.conf import settings
from django.utils import timezone

from agents.models import Swarm
from agents.services.words import clean_data
from tasks.models import Dependency, Task
from tasks.services.drafts import TaskDraft
from tasks.states import OPEN
from victoros.lib import clock
from victoros.lib.errors import Conflict, InvalidInput, LimitReached
from victoros.lib.sentences import sentence as _
from victoros.lib.signs import holds_odd_signs
from victoros.lib.statements import Answer, ask

MAX_TEXT = 200_000
MAX_DATA = 200_000
"""Characters of JSON."""
MAX_NEEDS = 20
MAX_ACCEPTANCE = 100
MAX_ITEM = 1000
"""Characters of one item of acceptance."""
MAX_DEPENDENCIES = 1000
MAX_AT_ONCE = 10_000
"""Tasks made in one call."""
_OLDEST = [f"(SELECT min(id) FROM tasks_task WHERE swarm_id = %s AND status = '{status}')" for status in OPEN]  # nosec B608
_ENDS = f"SELECT (SELECT max(id) FROM tasks_task), {', '.join(_OLDEST)}"  # nosec B608: constants only
"""The states are written out, so that a plan made once for all knows how few tasks are in them."""
_NEED = re.compile(r"[a-z0-9-]{1,40}")


def check_draft(swarm: Swarm, draft: TaskDraft) -> None:
    """Raise `InvalidInput` or `Conflict` with what is wrong about a task to be."""
    if swarm.archived_at:
        raise Conflict(_("The swarm %(name)s is archived.") % {"name": swarm.name}, hint=_("Choose another swarm."))
    check_title(draft.title)
    if len(draft.text) > MAX_TEXT:
        raise InvalidInput(
            _("The text has %(text)s characters; %(max_text)s are allowed.")
            % {"text": f"{len(draft.text):,}", "max_text": f"{MAX_TEXT:,}"},
            hint=_("Put long material in a file of the swarm's folder and name it in the text."),
        )
    if "\x00" in draft.text:
        raise InvalidInput(_("The text contains a NUL character."), hint=_("Send plain text."))
    clean_data(draft.data, "task", MAX_DATA)
    _check_lists(draft)
    if not -100 <= draft.priority <= 100:
        raise InvalidInput(
            _("Priority %(priority)s is out of range.") % {"priority": draft.priority},
            hint=_("Priorities go from -100 to 100."),
        )
    if draft.agent and (draft.agent.swarm_id != swarm.pk or draft.agent.retired_at):
        raise InvalidInput(
            _("%(name)s does not work in the swarm %(swarm)s.") % {"name": draft.agent.name, "swarm": swarm.name},
            hint=_("Choose one of its agents."),
        )
    if draft.parent:
        _check_parent(swarm, draft.parent)
    clean_needs(draft.needs)


def check_number(more: int) -> None:
    """Raise `LimitReached` when a call makes too many tasks at once."""
    if more > MAX_AT_ONCE:
        raise LimitReached(
            _("%(more)s tasks at once are too many; %(max_at_once)s are allowed.")
            % {"more": f"{more:,}", "max_at_once": f"{MAX_AT_ONCE:,}"},
            hint=_("Make them in several calls."),
        )


def ask_for_room(swarm: Swarm) -> Answer:
    """Ask, before tasks are written, for the ids of the oldest unended ones and of the last of all: no row is counted."""
    return ask(_ENDS, *[swarm.pk] * len(OPEN))


def check_room(swarm: Swarm, more: int, before: Answer) -> None:
    """Raise `LimitReached` when a swarm has more unended tasks than it may, `more` of them written since `before` was asked."""
    most = settings.VICTOR_SWARM_TASKS
    if _span_of_open(before) + more <= most:
        return
    if Task.objects.filter(swarm=swarm, status__in=OPEN).count() > most:
        raise LimitReached(
            _("The swarm %(name)s has no room for %(more)s more tasks: %(most)s that have not ended are allowed.")
            % {"name": swarm.name, "more": f"{more:,}", "most": f"{most:,}"},
            hint=_("Let it work some off, cancel what is not wanted, or raise VICTOR_SWARM_TASKS."),
        )


def _span_of_open(before: Answer) -> int:
    """Return how many unended tasks the swarm could have had at most."""
    [(last, *oldest)] = before.rows
    firsts = [pk for pk in oldest if pk is not None]
    return last - min(firsts) + 1 if firsts else 0


def _check_lists(draft: TaskDraft) -> None:
    for what, number, most in (
        (_("capabilities"), len(draft.needs), MAX_NEEDS),
        (_("items of acceptance"), len(draft.acceptance), MAX_ACCEPTANCE),
        (_("dependencies"), len(draft.depends_on), MAX_DEPENDENCIES),
    ):
        if number > most:
            raise InvalidInput(
                _("%(number)s %(what)s are too many; %(most)s are allowed.")
                % {"number": f"{number:,}", "what": what, "most": f"{most:,}"},
                hint=_("Split the task."),
            )
    longest = max((len(str(item)) for item in draft.acceptance), default=0)
    if longest > MAX_ITEM:
        raise InvalidInput(
            _("An item of acceptance has %(longest)s characters; %(max_item)s are allowed.")
            % {"longest": f"{longest:,}", "max_item": f"{MAX_ITEM:,}"},
            hint=_("Put it into the text."),
        )


def _check_parent(swarm: Swarm, parent: Task) -> None:
    if parent.swarm_id != swarm.pk:
        raise InvalidInput(
            _("The parent task belongs to another swarm."), hint=_("Subtasks stay in their parent's swarm.")
        )
    depth = len(_ancestors(parent)) + 1
    if depth > settings.VICTOR_SUBTASK_DEPTH:
        raise LimitReached(
            _("Subtasks may go %(most)s deep; this one would be %(depth)s deep.")
            % {"most": settings.VICTOR_SUBTASK_DEPTH, "depth": depth},
            hint=_("Do this part yourself, or hand it back as part of the result."),
        )


def check_title(title: str) -> None:
    """Raise `InvalidInput` unless the title is 1 to 200 printable characters; tabs count as blanks."""
    if not title.strip():
        raise InvalidInput(_("The task has no title."), hint=_("Say in one line what is to be done."))
    if len(title.strip()) > 200:
        raise InvalidInput(
            _("The title has %(title)s characters; 200 are allowed.") % {"title": f"{len(title):,}"},
            hint=_("Put the rest into the text."),
        )
    if holds_odd_signs(title.replace("\t", " ")):
        raise InvalidInput(_("The title contains control characters."), hint=_("A title is one line of plain text."))


def check_deadline(deadline: datetime | None) -> None:
    """Raise `InvalidInput` when a deadline that is being set has passed already; those that pass later stay as they are."""
    if deadline is not None and deadline <= clock.now():
        raise InvalidInput(
            _("The deadline %(when)s has passed already.") % {"when": f"{timezone.localtime(deadline):%Y-%m-%d %H:%M}"},
            hint=_("Give a moment that is still to come, or none."),
        )


def clean_needs(needs: Iterable[str]) -> list[str]:
    """Return the needed capabilities, sorted and each once."""
    words = sorted({str(word).strip().lower() for word in needs if str(word).strip()})
    for word in words:
        if not _NEED.fullmatch(word):
            raise InvalidInput(
                _("%(word)s is not a capability.") % {"word": repr(word)},
                hint=_("Use lower-case letters, digits and hyphens."),
            )
    return words


def clean_acceptance(items: Iterable[Any]) -> list[dict[str, Any]]:
    """Return the items of acceptance as a task keeps them; a bare text is one that nobody has met yet."""
    return [
        item if isinstance(item, dict) else {"text": str(item), "met": False, "evidence": "", "by": ""}
        for item in items
    ]


def refuse_cycle(task: Task, on: Iterable[Task]) -> None:
    """Raise `Conflict` when `task` would, directly or through others, wait for itself."""
    level = {row.pk for row in on}
    if level & _ancestors(task):
        raise Conflict(_("A subtask cannot wait for the task it is part of."), hint=_("Let the parent wait instead."))
    if any(row.swarm_id != task.swarm_id for row in on):
        raise InvalidInput(_("A task can only wait for tasks of its own swarm."), hint=_("Check the ids."))
    seen: set[int] = set()
    while level:
        if task.pk in level:
            raise Conflict(
                _("Task %(pk)s would wait for itself.") % {"pk": task.pk}, hint=_("Take one of the dependencies away.")
            )
        seen |= level
        level = set(Dependency.objects.filter(task__in=level).values_list("on_id", flat=True)) - seen


def _ancestors(task: Task) -> set[int]:
    found: set[int] = set()
    parent = task.parent
    while parent is not None and parent.pk not in found:
        found.add(parent.pk)
        parent = parent.parent
    return found
