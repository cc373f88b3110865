"""Arguments that a person proposes for a tool: checked as the engine will check them."""

from typing import Any

from agents.tools.faults import Fault, find_faults
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
        said = "; ".join(name_fault(*fault) for fault in faults[:3])
        raise InvalidInput(
            _("%(tool)s cannot be called like this: %(said)s") % {"tool": tool, "said": said},
            hint=_("Change the arguments and try again."),
        )


def name_fault(argument: str, said: str) -> str:
    """Return a fault with its argument before it, where it has one."""
    return f"{argument}: {said}" if argument else said


def faults_of(tool: str, arguments: dict[str, Any]) -> list[Fault]:
    """Return what is wrong as (argument, sentence); the argument is empty where it is about all of them."""
    length = len(canonical(arguments))
    if length > MAX_CHARACTERS:
        said = _("The arguments have %(length)s characters; an act may have %(most)s.")
        return [("", said % {"length": f"{length:,}", "most": f"{MAX_CHARACTERS:,}"})]
    return find_faults(arguments, find_tool(tool).schema)
