"""Acts on many agents: whether a row allows them, the calls of their services, and the ways back."""

from collections.abc import Callable
from typing import Any

from django.utils.translation import gettext_lazy as lazy

from agents.models import Agent
from audit.actors import Actor
from tasks.bulk.act import TAKEN_BACK, Act, Done, Given
from tasks.services import control
from victoros.lib.errors import InvalidInput
from victoros.lib.sentences import sentence as _
from victoros.lib.wording import say_word

_STATES: dict[str, Callable[..., control.ControlResult]] = {
    "running": control.resume_agent,
    "paused": control.pause_agent,
    "stopped": control.stop_agent,
}


def not_agent(*states: str) -> Callable[[Any], str]:
    """Build `why_not` from the desired states that allow an act."""

    def why_not(agent: Any) -> str:
        if agent.retired_at:
            return _("has retired")
        return (
            ""
            if agent.desired_state in states
            else _("is %(state)s already") % {"state": say_word(agent.desired_state)}
        )

    return why_not


def set_agent(state: str) -> Callable[[Actor, Agent, Given], Done]:
    """Build what brings an agent into a desired state."""

    def do(actor: Actor, agent: Agent, given: Given) -> Done:
        before = {"state": agent.desired_state}
        _STATES[state](actor=actor, agent=agent)
        return say_word(state), before

    return do


def set_agent_back(actor: Actor, agent: Agent, before: dict[str, Any]) -> str:
    """Give an agent the desired state it had."""
    _STATES[before["state"]](actor=actor, agent=agent)
    return _("%(state)s again") % {"state": say_word(before["state"])}


def find_agent(pk: Any) -> Agent | None:
    """Return the agent that was chosen, or None for nobody; raises `InvalidInput` when it is gone."""
    if not pk:
        return None
    agent = Agent.objects.filter(pk=pk).first()
    if agent is None:
        raise InvalidInput(_("There is no agent %(pk)s.") % {"pk": pk}, hint=_("Choose another one."))
    return agent


ACTS: tuple[Act, ...] = (
    Act(
        "pause",
        lazy("Pause"),
        lazy("They take no new work; steps in flight end and are kept."),
        not_agent("running"),
        set_agent("paused"),
        set_agent_back,
        TAKEN_BACK,
    ),
    Act(
        "resume",
        lazy("Resume"),
        lazy("They take work again and go on with what they had."),
        not_agent("paused", "stopped"),
        set_agent("running"),
        set_agent_back,
        TAKEN_BACK,
    ),
    Act(
        "stop",
        lazy("Stop"),
        lazy("Their calls in flight are dropped, and anything they still send is refused."),
        not_agent("running", "paused"),
        set_agent("stopped"),
        set_agent_back,
        lazy("It can be undone; a dropped call is paid for again."),
        "",
        "danger",
    ),
)
