"""The tools there are. A tool is data plus one function; who may use it is decided in `agents.tools.policy`."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.db.models import TextChoices
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from victoros.lib.errors import Category, InvalidInput, VictorError

Arguments = dict[str, Any]


class OutcomeUnknown(VictorError):
    """The act may have happened or not: its answer was lost. What did not happen for sure is any other error."""

    category = Category.NETWORK


class EffectClass(TextChoices):
    """What a tool can do to the world."""

    READ = "read", _("Read")
    REVERSIBLE = "reversible", _("Reversible")
    IRREVERSIBLE = "irreversible", _("Irreversible")
    MONEY = "money", _("Money")
    PEOPLE = "people", _("People")


@dataclass(frozen=True)
class ToolContext:
    """Who runs the tool, for what, and under which idempotency key."""

    agent_id: int
    agent_name: str
    swarm_id: int
    task_id: int
    attempt_id: int
    folder: Path
    """The swarm's own folder; files outside it are out of reach."""
    input_folder: str
    """A folder that may be read beside it; empty for none."""
    key: str
    """The same act has the same key however often it is tried."""


@dataclass(frozen=True)
class Tool:
    """One thing an agent can do."""

    name: str
    description: str
    """What it does, as the language model reads it."""
    schema: dict[str, Any]
    """JSON schema of the arguments."""
    effect: EffectClass
    run: Callable[[ToolContext, Arguments], dict[str, Any]]
    """Returns what the agent observes; raises `VictorError` for what it should read as an error, and `OutcomeUnknown` when
    nobody can say whether it happened: a repeatable act is then tried again under the same key."""
    inside: bool = False
    """True: it changes only our own rows and runs inside the transaction that finishes its step, so it happens exactly once.
    False: it touches the outside, in a thread, and is written down as an effect first unless it only reads."""
    repeatable: bool = True
    """An act that was cut off, or whose answer was lost, may be done again under the same key. False: a person is asked
    whether it happened."""


_TOOLS: dict[str, Tool] = {}


def register(*tools: Tool) -> None:
    """Add tools; a name can be taken only once (registering the very same tool again is harmless)."""
    for tool in tools:
        if _TOOLS.setdefault(tool.name, tool) is not tool:
            raise ValueError(f"There are two tools named {tool.name}.")


def find_tool(name: str) -> Tool:
    """Return the tool of that name or raise `InvalidInput` with the names there are."""
    try:
        return _TOOLS[name]
    except KeyError:
        raise InvalidInput(
            gettext("There is no tool named %(name)s.") % {"name": repr(name)},
            hint=gettext("Tools are: %(names)s.") % {"names": ", ".join(sorted(_TOOLS))},
        ) from None


def list_tools() -> list[Tool]:
    """Return all tools by name."""
    return [_TOOLS[name] for name in sorted(_TOOLS)]


def check_tool_names(names: Iterable[str]) -> list[str]:
    """Return the names, each once and in order, or raise `InvalidInput` for one that does not exist."""
    return [find_tool(name).name for name in dict.fromkeys(names)]


def schema(required: Iterable[str] = (), **properties: dict[str, Any]) -> dict[str, Any]:
    """Build the JSON schema of an object with these properties and no others."""
    return {"type": "object", "properties": properties, "required": list(required), "additionalProperties": False}


def text(description: str, longest: int = 20_000) -> dict[str, Any]:
    """Build the JSON schema of a text argument; `longest` in characters."""
    return {"type": "string", "description": description, "maxLength": longest}
