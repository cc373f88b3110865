"""Arguments that a person proposes for a tool: checked as the engine will check them."""

from typing import Any

from agents.llm.schemas import find_faults
from agents.tools.policy import canonical
from agents.tools.registry import find_tool
from victoros.lib.errors import InvalidInput
from victoros.lib.sentences import sentence as _

MAX_CHARACTERS = 1_000_000
"""Of the canonical arguments of one act."""


def check_arguments(tool: str, arguments: dict[str, Any]) -> None:
    """Raise `InvalidInput` for arguments that the tool's schema refuses."""
    faults = faults_of(tool, arguments)
    if faults:
        said = "; ".join(f"{name}: {message}" if name else message for name, message in faults[:3])
        raise InvalidInput(
            _("%(tool)s cannot be called like this: %(said)s") % {"tool": tool, "said": said},
            hint=_("Change the arguments and try again."),
        )


def faults_of(tool: str, arguments: dict[str, Any]) -> list[tuple[str, str]]:
    """Return what is wrong as (argument, sentence); the argument is empty where it is about all of them."""
    length = len(canonical(arguments))
    if length > MAX_CHARACTERS:
        return [("", f"The arguments have {length:,} characters; an act may have {MAX_CHARACTERS:,}.")]
    return find_faults(arguments, find_tool(tool).schema)
