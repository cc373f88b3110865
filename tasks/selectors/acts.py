"""The words people confirm: what each act is called, what exactly it does, and how it is undone."""

from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from victoros.lib.wording import Phrase


@dataclass(frozen=True)
class Action:
    """One thing a person may do, with its effect in words."""

    act: str
    label: Phrase
    question: Phrase
    effect: Phrase
    undo: Phrase
    tone: str = ""
    """`danger`, `primary`, or empty."""
    asks: Phrase = ""
    """Label of the text it needs; empty when it needs none."""
    must_ask: bool = False
    """Whether that text may not be empty."""


TASK_ACTS = {
    action.act: action
    for action in (
        Action(
            "release",
            _("Release"),
            _("Release this task to the agents?"),
            _("The next free agent with the needed capabilities takes it."),
            _("Until then it can be cancelled."),
            "primary",
        ),
        Action(
            "shelve",
            _("Shelve"),
            _("Put this task back into the backlog?"),
            _("Agents do not see it any more, until somebody releases it."),
            _("Release makes it ready again."),
        ),
        Action(
            "assign",
            _("Assign"),
            _("Who may take this task?"),
            _("Only the agent you choose may take it; with nobody chosen, whoever is free takes it."),
            _("It can be changed until somebody works on it."),
            "",
        ),
        Action(
            "pause",
            _("Pause"),
            _("Pause this task?"),
            _("Nobody takes it up or goes on with it. Finished steps are kept; a step in flight is given up."),
            _("Resume goes on after the last finished step."),
        ),
        Action(
            "resume",
            _("Resume"),
            _("Resume this task?"),
            _("It goes on after its last finished step; nothing that was done is done again."),
            _("It can be paused or stopped again."),
            "primary",
        ),
        Action(
            "stop",
            _("Stop"),
            _("Stop this task now?"),
            _("The call in flight is dropped, and anything the agent still sends for it is refused."),
            _("Resume goes on after the last finished step; a dropped call is paid for again."),
            "danger",
        ),
        Action(
            "cancel",
            _("Cancel"),
            _("Cancel this task?"),
            _(
                "It ends for good, together with its open subtasks; tasks that wait for it will "
                "not start by themselves."
            ),
            _("Retry begins it anew; what was done to the outside stays done."),
            "danger",
            _("Why (goes into the record)"),
        ),
        Action(
            "retry",
            _("Retry"),
            _("Retry this task?"),
            _("It becomes ready, and a new attempt starts from the beginning. Earlier attempts stay in the record."),
            _("It can be cancelled again."),
            "primary",
        ),
        Action(
            "verify",
            _("Verify"),
            _("Confirm that this result is right?"),
            _("The task becomes verified, with you as the witness; tasks that wait for it may start."),
            _("This cannot be undone."),
            "",
            _("What you looked at (goes into the record)"),
        ),
        Action(
            "refute",
            _("Refute"),
            _("Say that this result is wrong?"),
            _("The task goes back to ready and is done again, with your reason in front of the agent."),
            _("The refused result stays in the record."),
            "danger",
            _("What is wrong"),
            True,
        ),
    )
}
AGENT_ACTS = {
    action.act: action
    for action in (
        Action(
            "pause",
            _("Pause"),
            _("Pause this agent?"),
            _("It takes no new work; the steps in flight end and are kept."),
            _("Resume makes it go on."),
        ),
        Action(
            "resume",
            _("Resume"),
            _("Resume this agent?"),
            _("It takes work again and goes on with what it had."),
            _("It can be paused or stopped again."),
            "primary",
        ),
        Action(
            "restart",
            _("Restart"),
            _("Restart this agent?"),
            _(
                "Its calls in flight are dropped, what it still sends is refused, and it begins "
                "anew after the last finished steps."
            ),
            _("Finished steps are kept and not done again."),
        ),
        Action(
            "stop",
            _("Stop"),
            _("Stop this agent now?"),
            _("It takes no new work, its calls in flight are dropped, and anything it still sends is refused."),
            _("Resume goes on after the last finished steps."),
            "danger",
        ),
    )
}
SWARM_ACTS = {
    action.act: action
    for action in (
        Action(
            "start",
            _("Start"),
            _("Start this swarm?"),
            _("Its agents take work and go on with what they had."),
            _("It can be paused or stopped again."),
            "primary",
        ),
        Action(
            "pause",
            _("Pause"),
            _("Pause this swarm?"),
            _("No agent of it takes new work; the steps in flight end and are kept."),
            _("Start makes it go on."),
        ),
        Action(
            "stop",
            _("Stop"),
            _("Stop this swarm now?"),
            _(
                "No agent of it takes new work, all calls in flight are dropped, and anything "
                "they still send is refused."
            ),
            _("Start goes on after the last finished steps."),
            "danger",
        ),
    )
}
