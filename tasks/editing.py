"""Acts that a person changed before allowing them: what is done instead, and how the agent learns of it."""

import difflib
import json
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from agents.tools.policy import digest_act
from agents.tools.registry import Arguments, Tool, ToolContext
from victoros.lib.errors import VictorError

if TYPE_CHECKING:
    from tasks.engine.orders import ApprovalFacts, StepDraft

LONGEST_DIFF = 2_000
"""Characters of a change that an agent is told."""
SHORT = 200


def as_approved(
    tool: Tool, arguments: Arguments, step: "StepDraft", approvals: "Mapping[str, ApprovalFacts]"
) -> tuple[Tool, Arguments]:
    """Return the act as a person allowed it. The step keeps both forms, and the agent observes what was changed."""
    approval = approvals.get(digest_act(tool.name, arguments))
    if approval is None or approval.status != "approved" or approval.edited is None:
        return tool, arguments
    step.request = {**step.request, "arguments": approval.edited, "asked": arguments, "edited_by": approval.by}
    told = {"by": approval.by, "note": approval.note, "changes": say_changes(arguments, approval.edited)}
    return _telling(tool, told), approval.edited


def say_changes(asked: Arguments, edited: Arguments) -> dict[str, str]:
    """Return by argument what was changed: `old -> new`, or the differing lines where they are long."""
    names = [name for name in {**asked, **edited} if asked.get(name, _ABSENT) != edited.get(name, _ABSENT)]
    return {name: _say_change(asked.get(name, _ABSENT), edited.get(name, _ABSENT)) for name in names}


def diff_lines(old: str, new: str, context: int = 3) -> list[str]:
    """Return the lines that differ, each behind `+`, `-` or a space, with `@@` between places."""
    lines = list(difflib.unified_diff(old.splitlines(), new.splitlines(), lineterm="", n=context))
    return lines[2:]


_ABSENT = object()


def _say_change(old: object, new: object) -> str:
    before, after = _as_text(old), _as_text(new)
    if len(before) + len(after) <= SHORT:
        return f"{before} -> {after}"
    text = "\n".join(diff_lines(before, after, context=0)) or "only line ends differ"
    return (
        text if len(text) <= LONGEST_DIFF else f"{text[:LONGEST_DIFF]}\n… {len(text) - LONGEST_DIFF:,} more characters"
    )


def _as_text(value: object) -> str:
    if value is _ABSENT:
        return "nothing"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, indent=1)


def _telling(tool: Tool, told: dict[str, Any]) -> Tool:
    """Return the tool with a word about the change in its result, and in the hint of an error."""

    def run(context: ToolContext, arguments: Arguments) -> dict[str, Any]:
        try:
            return {**tool.run(context, arguments), "edited": told}
        except VictorError as error:
            error.hint = f"{error.hint} {told['by']} had changed what you asked for: {told['changes']}".strip()
            raise

    return replace(tool, run=run)
