"""The words people confirm: what each act is called, what exactly it does, and how it is undone."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Action:
    """One thing a person may do, with its effect in words."""

    act: str
    label: str
    question: str
    effect: str
    undo: str
    tone: str = ""
    """`danger`, `primary`, or empty."""
    asks: str = ""
    """Label of the text it needs; empty when it needs none."""
    must_ask: bool = False
    """Whether that text may not be empty."""


TASK_ACTS = {
    action.act: action
    for action in (
        Action(
            "release",
            "Release",
            "Release this task to the agents?",
            "The next free agent with the needed capabilities takes it.",
            "Until then it can be cancelled.",
            "primary",
        ),
        Action(
            "assign",
            "Assign",
            "Who may take this task?",
            "Only the agent you choose may take it; with nobody chosen, whoever is free takes it.",
            "It can be changed until somebody works on it.",
            "",
        ),
        Action(
            "pause",
            "Pause",
            "Pause this task?",
            "Nobody takes it up or goes on with it. Finished steps are kept; a step in flight is given up.",
            "Resume goes on after the last finished step.",
        ),
        Action(
            "resume",
            "Resume",
            "Resume this task?",
            "It goes on after its last finished step; nothing that was done is done again.",
            "It can be paused or stopped again.",
            "primary",
        ),
        Action(
            "stop",
            "Stop",
            "Stop this task now?",
            "The call in flight is dropped, and anything the agent still sends for it is refused.",
            "Resume goes on after the last finished step; a dropped call is paid for again.",
            "danger",
        ),
        Action(
            "cancel",
            "Cancel",
            "Cancel this task?",
            "It ends for good, together with its open subtasks; tasks that wait for it will not start by themselves.",
            "Retry begins it anew; what was done to the outside stays done.",
            "danger",
            "Why (goes into the record)",
        ),
        Action(
            "retry",
            "Retry",
            "Retry this task?",
            "It becomes ready, and a new attempt starts from the beginning. Earlier attempts stay in the record.",
            "It can be cancelled again.",
            "primary",
        ),
        Action(
            "verify",
            "Verify",
            "Confirm that this result is right?",
            "The task becomes verified, with you as the witness; tasks that wait for it may start.",
            "This cannot be undone.",
            "",
            "What you looked at (goes into the record)",
        ),
        Action(
            "refute",
            "Refute",
            "Say that this result is wrong?",
            "The task goes back to ready and is done again, with your reason in front of the agent.",
            "The refused result stays in the record.",
            "danger",
            "What is wrong",
            True,
        ),
    )
}
AGENT_ACTS = {
    action.act: action
    for action in (
        Action(
            "pause",
            "Pause",
            "Pause this agent?",
            "It takes no new work; the steps in flight end and are kept.",
            "Resume makes it go on.",
        ),
        Action(
            "resume",
            "Resume",
            "Resume this agent?",
            "It takes work again and goes on with what it had.",
            "It can be paused or stopped again.",
            "primary",
        ),
        Action(
            "stop",
            "Stop",
            "Stop this agent now?",
            "It takes no new work, its calls in flight are dropped, and anything it still sends is refused.",
            "Resume goes on after the last finished steps.",
            "danger",
        ),
    )
}
SWARM_ACTS = {
    action.act: action
    for action in (
        Action(
            "start",
            "Start",
            "Start this swarm?",
            "Its agents take work and go on with what they had.",
            "It can be paused or stopped again.",
            "primary",
        ),
        Action(
            "pause",
            "Pause",
            "Pause this swarm?",
            "No agent of it takes new work; the steps in flight end and are kept.",
            "Start makes it go on.",
        ),
        Action(
            "stop",
            "Stop",
            "Stop this swarm now?",
            "No agent of it takes new work, all calls in flight are dropped, and anything they still send is refused.",
            "Start goes on after the last finished steps.",
            "danger",
        ),
    )
}
