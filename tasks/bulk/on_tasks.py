"""Acts on many tasks: whether a row allows them, the calls of their services, and the ways back."""

from collections.abc import Callable
from typing import Any

from django.utils.translation import gettext_lazy as lazy

from audit.actors import Actor
from tasks.bulk.act import TAKEN_BACK, Act, Done, Given
from tasks.bulk.on_agents import find_agent
from tasks.models import Task
from tasks.services import control, verdicts, work
from victoros.lib.sentences import sentence as _


def possible(*names: str) -> Callable[[Any], str]:
    """Build `why_not` for a task from the acts its page would offer."""

    def why_not(row: Any) -> str:
        return "" if any(name in row.open_acts for name in names) else _("is %(state)s") % {"state": row.said_state}

    return why_not


def of_state(*states: str) -> Callable[[Any], str]:
    """Build `why_not` from the states that allow an act."""
    return lambda row: "" if row.status in states else _("is %(state)s") % {"state": row.said_state}


def pause(actor: Actor, task: Task, given: Given) -> Done:
    """Hold a task."""
    control.pause_task(actor=actor, task=task)
    return _("paused"), {"held": False}


def resume(actor: Actor, task: Task, given: Given) -> Done:
    """Let a task go on."""
    control.resume_task(actor=actor, task=task)
    return _("goes on"), {"held": True}


def hold_again(actor: Actor, task: Task, before: dict[str, Any]) -> str:
    """Bring a task back to being held, or not, as it was."""
    (control.pause_task if before["held"] else control.resume_task)(actor=actor, task=task)
    return _("held again") if before["held"] else _("goes on")


def release(actor: Actor, task: Task, given: Given) -> Done:
    """Let agents find a task."""
    work.release_task(actor=actor, task=task)
    task.refresh_from_db()
    return _("released"), {"shelved": True} if task.status == "ready" else None


def shelve(actor: Actor, task: Task, given: Given) -> Done:
    """Put a task back into the backlog."""
    work.shelve_task(actor=actor, task=task)
    return _("in the backlog"), {"shelved": False}


def shelve_again(actor: Actor, task: Task, before: dict[str, Any]) -> str:
    """Bring a task back to the backlog, or out of it, as it was."""
    (work.shelve_task if before["shelved"] else work.release_task)(actor=actor, task=task)
    return _("in the backlog again") if before["shelved"] else _("released again")


def cancel(actor: Actor, task: Task, given: Given) -> Done:
    """End a task."""
    work.cancel_task(actor=actor, task=task, reason=given.get("reason", ""))
    return _("cancelled"), None


def retry(actor: Actor, task: Task, given: Given) -> Done:
    """Begin a task anew."""
    work.retry_task(actor=actor, task=task)
    return _("ready again"), None


def verify(actor: Actor, task: Task, given: Given) -> Done:
    """Confirm a task's result."""
    verdicts.verify_task(actor=actor, task=task, evidence={"kind": "person"}, note=given.get("reason", ""))
    return _("verified"), None


def prioritise(actor: Actor, task: Task, given: Given) -> Done:
    """Change when a task is taken up."""
    before = {"priority": task.priority}
    changed = work.edit_task(actor=actor, task=task, priority=given["priority"])
    return (_("has priority %(n)s") % {"n": given["priority"]}), before if changed else None


def prioritise_back(actor: Actor, task: Task, before: dict[str, Any]) -> str:
    """Give a task the priority it had."""
    work.edit_task(actor=actor, task=task, priority=before["priority"])
    return _("has priority %(n)s again") % {"n": before["priority"]}


def assign(actor: Actor, task: Task, given: Given) -> Done:
    """Choose who may take a task."""
    before = {"agent": task.agent_id if task.pinned else None}
    agent = find_agent(given.get("agent"))
    work.assign_task(actor=actor, task=task, agent=agent)
    return (
        _("only %(name)s may take it") % {"name": agent.name} if agent else _("whoever is free may take it")
    ), before


def assign_back(actor: Actor, task: Task, before: dict[str, Any]) -> str:
    """Let those take a task who might before."""
    work.assign_task(actor=actor, task=task, agent=find_agent(before["agent"]))
    return _("assigned as before")


ACTS: tuple[Act, ...] = (
    Act(
        "pause",
        lazy("Pause"),
        lazy("Nobody takes them up or goes on with them; finished steps are kept."),
        possible("pause"),
        pause,
        hold_again,
        TAKEN_BACK,
    ),
    Act(
        "resume",
        lazy("Resume"),
        lazy("They go on after their last finished steps."),
        possible("resume"),
        resume,
        hold_again,
        TAKEN_BACK,
    ),
    Act(
        "release",
        lazy("Release"),
        lazy("Agents find them: the next free ones with the needed capabilities take them."),
        possible("release"),
        release,
        shelve_again,
        TAKEN_BACK,
    ),
    Act(
        "shelve",
        lazy("Shelve"),
        lazy("They go back to the backlog; agents do not see them until somebody releases them."),
        possible("shelve"),
        shelve,
        shelve_again,
        TAKEN_BACK,
    ),
    Act(
        "retry",
        lazy("Retry"),
        lazy("They become ready, and new attempts start from the beginning."),
        possible("retry"),
        retry,
    ),
    Act(
        "verify",
        lazy("Verify"),
        lazy("They become verified, with you as the witness; tasks that wait for them may start."),
        possible("verify"),
        verify,
        asks="reason",
    ),
    Act(
        "priority",
        lazy("Priority"),
        lazy("The order in which they are taken up changes."),
        of_state("backlog", "ready", "blocked"),
        prioritise,
        prioritise_back,
        TAKEN_BACK,
        "priority",
    ),
    Act(
        "assign",
        lazy("Assign"),
        lazy("Only the agent you choose may take them; with nobody chosen, whoever is free."),
        possible("assign"),
        assign,
        assign_back,
        TAKEN_BACK,
        "agent",
    ),
    Act(
        "cancel",
        lazy("Cancel"),
        lazy("They end for good, together with their open subtasks."),
        possible("cancel"),
        cancel,
        None,
        lazy("This cannot be undone: retry begins a cancelled task anew, from the beginning."),
        "reason",
        "danger",
    ),
)
