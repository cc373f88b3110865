"""What each confirmed act does, and the sentence that says how it went."""

from collections.abc import Callable
from typing import Any

from django.utils.translation import gettext as _

from audit.actors import Actor
from tasks.models import Task
from tasks.selectors.words import say_state
from tasks.services import control, verdicts, work
from victoros.lib.wording import say_many, say_word

Doer = Callable[[Actor, Any, dict[str, Any]], str]
"""Takes who acts, the row and the words that were asked for; returns what to tell the person."""


def _cancel(actor: Actor, task: Task, said: dict[str, Any]) -> str:
    work.cancel_task(actor=actor, task=task, reason=said.get("reason", ""))
    return _("Task %(pk)s is cancelled.") % {"pk": task.pk}


def _retry(actor: Actor, task: Task, said: dict[str, Any]) -> str:
    work.retry_task(actor=actor, task=task)
    return _("Task %(pk)s is %(task)s again.") % {"pk": task.pk, "task": say_state(task)}


def _release(actor: Actor, task: Task, said: dict[str, Any]) -> str:
    work.release_task(actor=actor, task=task)
    return _("Task %(pk)s is %(task)s.") % {"pk": task.pk, "task": say_state(task)}


def _shelve(actor: Actor, task: Task, said: dict[str, Any]) -> str:
    work.shelve_task(actor=actor, task=task)
    return _("Task %(pk)s is in the backlog.") % {"pk": task.pk}


def _assign(actor: Actor, task: Task, said: dict[str, Any]) -> str:
    agent = said.get("agent")
    work.assign_task(actor=actor, task=task, agent=agent)
    return (
        _("Only %(name)s may take task %(pk)s.") % {"name": agent.name, "pk": task.pk}
        if agent
        else _("Whoever is free may take task %(pk)s.") % {"pk": task.pk}
    )


def _verify(actor: Actor, task: Task, said: dict[str, Any]) -> str:
    note = said.get("reason", "")
    done = verdicts.verify_task(actor=actor, task=task, evidence={"kind": "person"}, note=note)
    return (
        _("Task %(pk)s is verified.") % {"pk": task.pk}
        if done
        else _("Task %(pk)s was verified already.") % {"pk": task.pk}
    )


def _refute(actor: Actor, task: Task, said: dict[str, Any]) -> str:
    verdicts.refute_task(actor=actor, task=task, reason=said.get("reason", ""))
    return _("The result was refused; task %(pk)s is %(task)s.") % {"pk": task.pk, "task": say_state(task)}


def _hold(actor: Actor, task: Task, said: dict[str, Any]) -> str:
    control.pause_task(actor=actor, task=task)
    return _("Task %(pk)s is paused.") % {"pk": task.pk}


def _stopped(result: control.ControlResult, noun: str) -> str:
    taken = _("%(attempts)s taken from the agents") % {"attempts": say_many(result.stopped_attempts, "attempt")}
    return (
        _("The %(noun)s is stopped; %(taken)s.") % {"noun": say_word(noun), "taken": taken}
        if result.changed
        else _("The %(noun)s was stopped already; %(taken)s.") % {"noun": say_word(noun), "taken": taken}
    )


def _restarted(result: control.ControlResult, name: str) -> str:
    taken = _("%(attempts)s begun anew") % {"attempts": say_many(result.stopped_attempts, "attempt")}
    return _("%(name)s was restarted; %(taken)s after the last finished step.") % {"name": name, "taken": taken}


def _said(result: control.ControlResult, done: str, before: str) -> str:
    return done if result.changed else before


TASK: dict[str, Doer] = {
    "pause": _hold,
    "resume": lambda actor, row, said: _said(control.resume_task(actor=actor, task=row), _("The task goes on."), ""),
    "stop": lambda actor, row, said: _stopped(control.stop_task(actor=actor, task=row), "task"),
    "cancel": _cancel,
    "retry": _retry,
    "release": _release,
    "shelve": _shelve,
    "assign": _assign,
    "verify": _verify,
    "refute": _refute,
}
AGENT: dict[str, Doer] = {
    "pause": lambda actor, row, said: _said(
        control.pause_agent(actor=actor, agent=row),
        _("%(name)s is paused.") % {"name": row.name},
        _("%(name)s was paused already.") % {"name": row.name},
    ),
    "resume": lambda actor, row, said: _said(
        control.resume_agent(actor=actor, agent=row),
        _("%(name)s works again.") % {"name": row.name},
        _("%(name)s was running already.") % {"name": row.name},
    ),
    "restart": lambda actor, row, said: _restarted(control.restart_agent(actor=actor, agent=row), row.name),
    "stop": lambda actor, row, said: _stopped(control.stop_agent(actor=actor, agent=row), "agent"),
}
SWARM: dict[str, Doer] = {
    "start": lambda actor, row, said: _said(
        control.start_swarm(actor=actor, swarm=row),
        _("%(name)s is running.") % {"name": row.name},
        _("%(name)s was running already.") % {"name": row.name},
    ),
    "pause": lambda actor, row, said: _said(
        control.pause_swarm(actor=actor, swarm=row),
        _("%(name)s is paused.") % {"name": row.name},
        _("%(name)s was paused already.") % {"name": row.name},
    ),
    "stop": lambda actor, row, said: _stopped(control.stop_swarm(actor=actor, swarm=row), "swarm"),
}
