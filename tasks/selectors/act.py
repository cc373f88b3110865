"""The exact act of an approval as a page shows it: each argument readable, and what it would change in a file."""

import json
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from agents.tools import files
from agents.tools.registry import ToolContext
from tasks.editing import diff_lines
from tasks.models import Approval
from victoros.lib.errors import VictorError
from victoros.lib.signs import reveal

FILE_TOOLS = {"write_file": "", "publish_file": "published/"}
"""Tools that write a text to a path, and the folder below the swarm's they write to."""
MOST_LINES = 400


@dataclass(frozen=True)
class Line:
    """A line of a difference; `sort` is added, removed, same or place."""

    sort: str
    text: str


@dataclass(frozen=True)
class Argument:
    """One argument, written out. `lines` says what it changes, where that is known."""

    name: str
    text: str
    lines: list[Line]
    against: str = ""
    """What the lines compare with, as half a sentence."""
    is_code: bool = False
    more: int = 0
    """Lines of the difference that are not shown."""


def describe_act(approval: Approval) -> list[Argument]:
    """Return the arguments as they are, or would be, done; a changed one is held against what was asked, a file's text
    against the file there is."""
    return [_describe(approval, name, value) for name, value in approval.act_arguments.items()]


def _describe(approval: Approval, name: str, value: Any) -> Argument:
    text = write_value(value)
    asked = approval.arguments.get(name)
    if approval.edited is not None and asked != value:
        return _compare(name, write_value(asked) if asked is not None else "", text, _("what the agent asked for"))
    old = (
        _read_target(approval)
        if name == "text" and approval.tool in FILE_TOOLS and approval.status == "pending"
        else None
    )
    if old is None:
        return Argument(name, text, [], is_code=not isinstance(value, str))
    if old == value:
        return Argument(name, text, [], _("the file as it is: nothing would change"))
    return _compare(name, reveal(old), text, _("the file as it is now"))


def write_value(value: Any) -> str:
    """Return a text as it is and anything else as readable JSON; signs that nobody sees are written out."""
    return reveal(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, indent=2, sort_keys=True))


def _compare(name: str, old: str, new: str, against: str) -> Argument:
    lines = [_line(text) for text in diff_lines(old, new)]
    return Argument(name, new, lines[:MOST_LINES], against, more=max(0, len(lines) - MOST_LINES))


def _line(text: str) -> Line:
    sort = {"+": "added", "-": "removed", "@": "place"}.get(text[:1], "same")
    return Line(sort, text if sort == "place" else text[1:])


def _read_target(approval: Approval) -> str | None:
    """Return the text of the file that would be replaced; None when there is none that can be read as text."""
    path = FILE_TOOLS[approval.tool] + str(approval.arguments.get("path", ""))
    context = ToolContext(
        agent_id=approval.agent_id,
        agent_name="",
        swarm_id=approval.swarm_id,
        task_id=approval.task_id,
        attempt_id=approval.attempt_id,
        folder=approval.swarm.folder,
        input_folder="",
        key="",
    )
    try:
        found = files.read_file(context, {"path": path})
    except VictorError:
        return None
    return None if found["truncated"] else str(found["text"])
