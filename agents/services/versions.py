"""Going back to how an agent worked before."""

from django.db import transaction

from agents.models import Agent, AgentVersion, Provider
from agents.services.agents import change_agent
from audit.actors import Actor
from victoros.lib.errors import Conflict, NotFound


def use_version(*, actor: Actor, agent: Agent, n: int, expected_version: int | None = None) -> Agent:
    """Let an agent work again as its version `n` did: its version rises, and the new one equals the old one.

    Nothing changes when it works like that already. Raises `NotFound` for a version that is not kept, `Conflict` when the agent
    is retired, its swarm archived, its provider of then gone, or when somebody raised the version meanwhile. Records
    `agent.changed` with `as_version`.
    """
    with transaction.atomic():
        old = AgentVersion.objects.filter(agent=agent, n=n).first()
        if old is None:
            raise NotFound(f"Version {n} of the agent {agent.name} is not kept.", hint="Choose one from the list.")
        return change_agent(
            actor=actor,
            agent=agent,
            expected_version=expected_version,
            as_version=n,
            instructions=old.instructions,
            capabilities=old.capabilities,
            tools=old.tools,
            program=old.program,
            provider=_find_provider(old.provider_name),
        )


def _find_provider(name: str) -> Provider | None:
    if not name:
        return None
    found = Provider.objects.filter(name=name, archived_at=None).first()
    if found is None:
        raise Conflict(
            f"The provider {name} that it asked then is gone.",
            hint="Edit the agent instead, with another provider and the instructions of that version.",
        )
    return found
