"""What each confirmed act does, and the sentence that says how it went."""

from collections.abc import Callable
from typing import Any

from audit.actors import Actor
from tasks.models import Task
from tasks.selectors.words import say_state
from tasks.services import control, verdicts, work

Doer = Callable[[Actor, Any, dict[str, Any]], str]
"""Takes who acts, the row and the words that were asked for; returns what to tell the person."""


def _cancel(actor: Actor, task: Task, said: dict[str, Any]) -> str:
    work.cancel_task(actor=actor, task=task, reason=said.get("reason", ""))
    return f"Task {task.pk} is cancelled."


def _retry(actor: Actor, task: Task, said: dict[str, Any]) -> str:
    work.retry_task(actor=actor, task=task)
    return f"Task {task.pk} is {say_state(task)} again."


def _release(actor: Actor, task: Task, said: dict[str, Any]) -> str:
    work.release_task(actor=actor, task=task)
    return f"Task {task.pk} is {say_state(task)}."


def _assign(actor: Actor, task: Task, said: dict[str, Any]) -> str:
    agent = said.get("agent")
    work.assign_task(actor=actor, task=task, agent=agent)
    return f"Only {agent.name} may take task {task.pk}." if agent else f"Whoever is free may take task {task.pk}."


def _verify(actor: Actor, task: Task, said: dict[str, Any]) -> str:
    note = said.get("reason", "")
    done = verdicts.verify_task(actor=actor, task=task, evidence={"kind": "person"}, note=note)
    return f"Task {task.pk} is verified." if done else f"Task {task.pk} was verified already."


def _refute(actor: Actor, task: Task, said: dict[str, Any]) -> str:
    verdicts.refute_task(actor=actor, task=task, reason=said.get("reason", ""))
    return f"The result was refused; task {task.pk} is {say_state(task)}."


def _hold(actor: Actor, task: Task, said: dict[str, Any]) -> str:
    control.pause_task(actor=actor, task=task)
    return f"Task {task.pk} is paused."


def _stopped(result: control.ControlResult, noun: str) -> str:
    taken = f"{result.stopped_attempts} attempt{'' if result.stopped_attempts == 1 else 's'} taken from the agents"
    return f"The {noun} is stopped; {taken}." if result.changed else f"The {noun} was stopped already; {taken}."


def _said(result: control.ControlResult, done: str, before: str) -> str:
    return done if result.changed else before


TASK: dict[str, Doer] = {
    "pause": _hold,
    "resume": lambda actor, row, said: _said(control.resume_task(actor=actor, task=row), "The task goes on.", ""),
    "stop": lambda actor, row, said: _stopped(control.stop_task(actor=actor, task=row), "task"),
    "cancel": _cancel,
    "retry": _retry,
    "release": _release,
    "assign": _assign,
    "verify": _verify,
    "refute": _refute,
}
AGENT: dict[str, Doer] = {
    "pause": lambda actor, row, said: _said(
        control.pause_agent(actor=actor, agent=row), f"{row.name} is paused.", f"{row.name} was paused already."
    ),
    "resume": lambda actor, row, said: _said(
        control.resume_agent(actor=actor, agent=row), f"{row.name} works again.", f"{row.name} was running already."
    ),
    "stop": lambda actor, row, said: _stopped(control.stop_agent(actor=actor, agent=row), "agent"),
}
SWARM: dict[str, Doer] = {
    "start": lambda actor, row, said: _said(
        control.start_swarm(actor=actor, swarm=row), f"{row.name} is running.", f"{row.name} was running already."
    ),
    "pause": lambda actor, row, said: _said(
        control.pause_swarm(actor=actor, swarm=row), f"{row.name} is paused.", f"{row.name} was paused already."
    ),
    "stop": lambda actor, row, said: _stopped(control.stop_swarm(actor=actor, swarm=row), "swarm"),
}
