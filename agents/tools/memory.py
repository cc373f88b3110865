"""Tools with which an agent keeps notes for later tasks."""

from typing import Any

from agents.models import Memory
from agents.tools.registry import Arguments, EffectClass, Tool, ToolContext, register, schema, text
from victoros.lib import clock
from victoros.lib.errors import Conflict

MAX_NOTES = 500
"""Notes one agent can keep; the bound is told to the agent, which must reuse names."""


def remember(context: ToolContext, arguments: Arguments) -> dict[str, Any]:
    """Keep a note under a name, replacing the note of that name."""
    name = arguments["name"].strip()
    known = Memory.objects.filter(agent_id=context.agent_id)
    if known.count() >= MAX_NOTES and not known.filter(name=name).exists():
        raise Conflict(f"There are already {MAX_NOTES} notes.", hint="Replace one by using its name again.")
    Memory.objects.update_or_create(
        agent_id=context.agent_id, name=name, defaults={"text": arguments["text"], "updated_at": clock.now()}
    )
    return {"remembered": name}


def recall(context: ToolContext, arguments: Arguments) -> dict[str, Any]:
    """Return the newest notes whose name or text contains the words asked for; all of them for an empty text."""
    notes = Memory.objects.filter(agent_id=context.agent_id).order_by("-updated_at")
    about = arguments.get("about", "").strip()
    if about:
        notes = notes.filter(name__icontains=about) | notes.filter(text__icontains=about)
    return {"notes": [{"name": note.name, "text": note.text} for note in notes[:20]]}


register(
    Tool(
        "remember",
        "Keep a note for later tasks.",
        schema(["name", "text"], name=text("A short name.", 100), text=text("What to keep.", 4000)),
        EffectClass.REVERSIBLE,
        remember,
        inside=True,
    ),
    Tool(
        "recall",
        "Look up your notes.",
        schema(about=text("Words to look for; empty for all.", 100)),
        EffectClass.READ,
        recall,
        inside=True,
    ),
)
