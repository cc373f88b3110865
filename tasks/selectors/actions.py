"""What can be done to a task, an agent or a swarm in the state it is in."""

from agents.models import Agent, Swarm
from tasks.models import Attempt, Task
from tasks.selectors.acts import AGENT_ACTS, SWARM_ACTS, TASK_ACTS, Action


def task_actions(task: Task, latest: Attempt | None) -> list[Action]:
    """Return what can be done to the task in its state, the most likely first."""
    acts = _BY_STATUS.get(task.status, ())
    if task.status == Task.Status.BLOCKED and not (latest and latest.status in Attempt.LIVE):
        acts = ("assign", *acts)
    if task.status == Task.Status.BLOCKED and _is_held(task, latest):
        acts = ("resume", *acts)
    return [TASK_ACTS[act] for act in acts]


def agent_actions(agent: Agent) -> list[Action]:
    """Return what can be done to the agent in its desired state."""
    acts = _BY_DESIRED_STATE[agent.desired_state]
    acts = ("pause", "restart", "stop") if agent.desired_state == "running" else acts
    return [AGENT_ACTS[act] for act in acts] if not agent.retired_at else []


def swarm_actions(swarm: Swarm) -> list[Action]:
    """Return what can be done to the swarm in its desired state."""
    acts = ["start" if act == "resume" else act for act in _BY_DESIRED_STATE[swarm.desired_state]]
    return [SWARM_ACTS[act] for act in acts] if not swarm.archived_at else []


def states_with(act: str) -> list[str]:
    """Return the desired states of an agent or a swarm in which the act is possible."""
    like = {"start": "resume", "restart": "pause"}.get(act, act)
    return [state for state, acts in _BY_DESIRED_STATE.items() if like in acts]


def find_action(actions: list[Action], act: str) -> Action | None:
    """Return the action called `act` if it is possible now."""
    return next((action for action in actions if action.act == act), None)


def count_in_flight(**where: object) -> int:
    """Count the attempts that work right now, such as those of `task=`, `agent=` or `swarm=`."""
    return Attempt.objects.filter(status__in=["ready", "running"], **where).count()


def _is_held(task: Task, latest: Attempt | None) -> bool:
    """Tell whether a person holds the task, rather than an answer or another task."""
    if latest and latest.status in Attempt.LIVE:
        return latest.status == Attempt.Status.STOPPED
    return task.open_dependencies == 0


_BY_STATUS: dict[str, tuple[str, ...]] = {
    "backlog": ("release", "assign", "cancel"),
    "ready": ("pause", "shelve", "assign", "cancel"),
    "in_progress": ("pause", "stop", "cancel"),
    "blocked": ("cancel",),
    "completed": ("verify", "refute"),
    "verified": (),
    "failed": ("retry", "assign", "cancel"),
    "cancelled": ("retry", "assign"),
    "quarantined": ("retry", "assign", "cancel"),
}
_BY_DESIRED_STATE = {"running": ("pause", "stop"), "paused": ("resume", "stop"), "stopped": ("resume",)}
