"""Making, changing and retiring agents. Pausing and stopping them is in `tasks.services.control`."""

from collections.abc import Callable, Iterable
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from agents.models import Agent, Provider, Swarm
from agents.services.mail import bury_mailbox
from agents.services.words import (
    clean_capabilities,
    clean_line,
    clean_name,
    clean_text,
    clean_tools,
    require_open,
)
from audit import topics
from audit.actors import Actor
from audit.events import Fact, Kind, record
from victoros.lib.errors import Conflict, InvalidInput

CHANGEABLE = ("name", "role", "instructions", "capabilities", "tools", "provider", "max_active", "program")
VERSIONED = {"instructions", "capabilities", "tools", "provider", "program"}
MOST_ACTIVE = 1000


def create_agent(
    *,
    actor: Actor,
    swarm: Swarm,
    name: str,
    role: str = "",
    instructions: str = "",
    capabilities: Iterable[str] = (),
    tools: Iterable[str] = (),
    provider: Provider | None = None,
    program: str = "loop",
    max_active: int = 1,
) -> Agent:
    """Add an agent to a swarm; it is idle, or paused or stopped with its swarm. Records `agent.created`."""
    require_open(swarm)
    status = Agent.Status.IDLE if swarm.desired_state == "running" else Agent.Status(swarm.desired_state)
    agent = Agent(swarm=swarm, state_by=actor.name[:150], status=status)
    _apply(
        agent,
        {
            "name": name,
            "role": role,
            "instructions": instructions,
            "capabilities": capabilities,
            "tools": tools,
            "provider": provider,
            "program": program,
            "max_active": max_active,
        },
    )
    with transaction.atomic():
        _save(agent)
        _tell(actor, Kind.AGENT_CREATED, agent, {"role": agent.role, "version": 1})
    return agent


def change_agent(*, actor: Actor, agent: Agent, expected_version: int | None = None, **changes: Any) -> Agent:
    """Change what an agent is; its version rises when that alters how it works.

    With `expected_version`, refuse if somebody raised the version meanwhile. Records `agent.changed` when something
    differs.
    """
    _refuse_unknown(changes)
    with transaction.atomic():
        row = Agent.objects.select_for_update().get(pk=agent.pk)
        _require_active(row)
        if expected_version is not None and row.version != expected_version:
            raise Conflict(
                f"Somebody else changed the agent {row.name} meanwhile (version {row.version}).",
                hint="Open it again, look at what changed, and repeat your change.",
            )
        changed = _apply(row, changes)
        if changed:
            row.version += bool(VERSIONED & set(changed))
            _save(row, [*changed, "version"])
            _tell(actor, Kind.AGENT_CHANGED, row, {"fields": changed, "version": row.version})
    return row


def retire_agent(*, actor: Actor, agent: Agent) -> bool:
    """Take an agent out of service for good; its history stays and its unread mail becomes dead letters.

    Refused while it has unfinished attempts. Returns False when it was retired before. Records `agent.retired`.
    """
    with transaction.atomic():
        row = Agent.objects.select_for_update().get(pk=agent.pk)
        if row.retired_at is not None:
            return False
        unfinished = row.active + row.waiting
        if unfinished:
            raise Conflict(
                f"The agent {row.name} has {unfinished} unfinished attempt{'' if unfinished == 1 else 's'}.",
                hint="Stop it, cancel or reassign its tasks, then retire it.",
            )
        row.retired_at = row.status_since = row.state_since = timezone.now()
        row.status, row.status_reason = Agent.Status.STOPPED, "retired"
        row.desired_state, row.state_by = "stopped", actor.name[:150]
        row.save(
            update_fields=[
                "retired_at", "status", "status_since", "status_reason", "desired_state", "state_since", "state_by",
            ]
        )  # fmt: skip
        bury_mailbox(actor=actor, agent=row, reason="The agent was retired.")
        _tell(actor, Kind.AGENT_RETIRED, row, {})
    return True


def _apply(agent: Agent, changes: dict[str, Any]) -> list[str]:
    """Set cleaned values on the row; returns the fields that differ now."""
    cleaners: dict[str, Callable[[Any], Any]] = {
        "name": lambda value: clean_name(value, "agent"),
        "role": lambda value: clean_line(value, "role", 200),
        "instructions": lambda value: clean_text(value, "instructions", 20_000),
        "capabilities": clean_capabilities,
        "tools": clean_tools,
        "provider": _clean_provider,
        "program": lambda value: clean_name(value, "program", 40),
        "max_active": _clean_max_active,
    }
    changed = []
    for field, value in changes.items():
        cleaned = cleaners[field](value)
        if getattr(agent, field) != cleaned:
            setattr(agent, field, cleaned)
            changed.append(field)
    return changed


def _refuse_unknown(changes: dict[str, Any]) -> None:
    unknown = sorted(set(changes) - set(CHANGEABLE))
    if unknown:
        raise InvalidInput(f"An agent's {unknown[0]} cannot be changed.", hint=f"Change {', '.join(CHANGEABLE)}.")


def _require_active(agent: Agent) -> None:
    if agent.retired_at is not None:
        raise Conflict(f"The agent {agent.name} is retired.", hint="Make a new agent instead.")
    require_open(agent.swarm)


def _clean_max_active(value: int) -> int:
    if not 1 <= value <= MOST_ACTIVE:
        raise InvalidInput(
            f"An agent cannot work on {value} tasks at once.", hint=f"Give a number from 1 to {MOST_ACTIVE}."
        )
    return value


def _clean_provider(provider: Provider | None) -> Provider | None:
    if provider is not None and provider.archived_at is not None:
        raise Conflict(f"The provider {provider.name} is archived.", hint="Choose another provider.")
    return provider


def _save(agent: Agent, fields: list[str] | None = None) -> None:
    try:
        with transaction.atomic():
            agent.save(update_fields=fields)
    except IntegrityError as error:
        raise Conflict(
            f"There is already an agent named {agent.name} in this swarm.", hint="Choose another name."
        ) from error


def _tell(actor: Actor, kind: Kind, agent: Agent, detail: dict[str, Any]) -> None:
    swarm = agent.swarm
    where = {"workspace_ref": swarm.workspace_id, "swarm_ref": swarm.pk}
    record(Fact(kind, actor, "agent", agent.pk, agent.name, **where, detail=detail))
    topics.bump(["swarms", f"swarm:{swarm.pk}", f"agent:{agent.pk}", "audit"])
