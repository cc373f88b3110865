"""Tools about work itself: subtasks, questions to people, completion, verdicts; and the list of all built-in tools."""

from typing import Any

import agents.tools.files
import agents.tools.mail
import agents.tools.memory  # noqa: F401  (each registers its tools)
from agents.models import Agent, Swarm
from agents.tools.registry import Arguments, EffectClass, Tool, ToolContext, register, schema, text
from audit import actors
from tasks.models import Task
from tasks.services.making import create_task
from tasks.services.verdicts import refute_task, verify_task
from victoros.lib.errors import InvalidInput

MAX_SUBTASKS = 200
"""Open subtasks one task can have; an agent that asks for more is told."""


def subtask(context: ToolContext, arguments: Arguments) -> dict[str, Any]:
    """Create a task below the current one."""
    parent = Task.objects.get(pk=context.task_id)
    if parent.subtasks.count() >= MAX_SUBTASKS:
        raise InvalidInput(f"This task already has {MAX_SUBTASKS} subtasks.", hint="Finish some, or do more in each.")
    made = create_task(
        actor=_actor(context),
        swarm=Swarm.objects.get(pk=context.swarm_id),
        title=arguments["title"],
        text=arguments.get("text", ""),
        kind=arguments.get("kind", "work"),
        data=arguments.get("data") or {},
        needs=arguments.get("needs", []),
        priority=min(100, parent.priority + 1),
        parent=parent,
        agent=_colleague(context, arguments.get("agent")),
        key=f"sub-{context.key[:60]}",
    )
    return {"task": made.pk, "title": made.title}


def verify(context: ToolContext, arguments: Arguments) -> dict[str, Any]:
    """Confirm another agent's result by evidence."""
    task = _find_task(context, arguments["task"])
    changed = verify_task(
        actor=_actor(context), task=task, evidence=arguments.get("evidence") or {}, note=arguments.get("note", "")
    )
    return {"task": task.pk, "verified": True, "changed": changed}


def refute(context: ToolContext, arguments: Arguments) -> dict[str, Any]:
    """Refuse another agent's result with the reason."""
    task = _find_task(context, arguments["task"])
    refute_task(actor=_actor(context), task=task, reason=arguments["reason"])
    return {"task": task.pk, "refuted": True}


def look_at_task(context: ToolContext, arguments: Arguments) -> dict[str, Any]:
    """Return what is known of a task of this swarm: state, result, evidence."""
    task = _find_task(context, arguments["task"])
    return {
        "task": task.pk,
        "title": task.title,
        "status": task.status,
        "by": task.agent.name if task.agent else "",
        "result": task.result,
        "evidence": task.evidence,
        "data": task.data,
        "reason": task.reason,
    }


def answer_by_engine(context: ToolContext, arguments: Arguments) -> dict[str, Any]:
    """Stand for the tools the engine itself carries out (`ask`, `complete`)."""
    raise InvalidInput("This tool ends or suspends the attempt and cannot be run by itself.")


def _actor(context: ToolContext) -> actors.Actor:
    return actors.agent(context.agent_id, context.agent_name)


def _find_task(context: ToolContext, ref: int) -> Task:
    task = Task.objects.select_related("agent").filter(pk=ref, swarm_id=context.swarm_id).first()
    if task is None:
        raise InvalidInput(f"There is no task {ref} in this swarm.", hint="Check the number.")
    return task


def _colleague(context: ToolContext, name: str | None) -> Agent | None:
    if not name:
        return None
    found = Agent.objects.filter(swarm_id=context.swarm_id, retired_at=None, name=name.strip()).first()
    if found is None:
        raise InvalidInput(f"Nobody here is named {name!r}.", hint="Leave the name out: whoever is able takes it.")
    return found


_TASK = {"type": "integer", "description": "Number of the task."}

register(
    Tool(
        "subtask",
        "Hand a part of your task to a colleague.",
        schema(
            ["title"],
            title=text("What is to be done, in one line.", 200),
            text=text("All that is needed to do it.", 20_000),
            needs={"type": "array", "items": {"type": "string"}, "maxItems": 10},
            agent=text("Name of a colleague; empty for whoever is able.", 80),
            kind=text("Sort of work.", 40),
            data={"type": "object"},
        ),
        EffectClass.REVERSIBLE,
        subtask,
        inside=True,
    ),
    Tool(
        "look_at_task",
        "Look at a task of your swarm.",
        schema(["task"], task=_TASK),
        EffectClass.READ,
        look_at_task,
        inside=True,
    ),
    Tool(
        "verify",
        "Confirm a colleague's result; give the evidence.",
        schema(["task"], task=_TASK, evidence={"type": "object"}, note=text("One sentence.", 400)),
        EffectClass.REVERSIBLE,
        verify,
        inside=True,
    ),
    Tool(
        "refute",
        "Refuse a colleague's result; say why.",
        schema(["task", "reason"], task=_TASK, reason=text("What is wrong.", 400)),
        EffectClass.REVERSIBLE,
        refute,
        inside=True,
    ),
    Tool(
        "ask",
        "Ask a person and wait for the answer.",
        schema(["question"], question=text("One clear question.", 1000)),
        EffectClass.READ,
        answer_by_engine,
        inside=True,
    ),
    Tool(
        "complete",
        "End your task with its result, and the evidence that it is done.",
        schema(
            ["result"], result=text("What came of it.", 60_000), evidence=text("How one can see that it is done.", 4000)
        ),
        EffectClass.READ,
        answer_by_engine,
        inside=True,
    ),
)
