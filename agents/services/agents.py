"""Making, changing and retiring agents. Pausing and stopping them is in `tasks.services.control`."""

from collections.abc import Callable, Iterable
from string import ascii_lowercase, ascii_uppercase
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models.functions import Lower
from django.utils.translation import ngettext

from agents.models import Agent, AgentVersion, Provider, Swarm
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
from victoros.lib import clock
from victoros.lib.errors import Conflict, InvalidInput
from victoros.lib.sentences import sentence as _

CHANGEABLE = ("name", "role", "instructions", "capabilities", "tools", "provider", "max_active", "program")
VERSIONED = {"instructions", "capabilities", "tools", "provider", "program"}
MOST_ACTIVE = 1000
_ASCII_LOWER = str.maketrans(ascii_uppercase, ascii_lowercase)


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
        _refuse_likeness(agent)
        _save(agent)
        _keep_version(actor, agent)
        _tell(actor, Kind.AGENT_CREATED, agent, {"role": agent.role, "version": 1})
    return agent


def change_agent(
    *, actor: Actor, agent: Agent, expected_version: int | None = None, as_version: int | None = None, **changes: Any
) -> Agent:
    """Change what an agent is; its version rises when that alters how it works, and is kept as a row.

    With `expected_version`, refuse if somebody raised the version meanwhile. `as_version` says which earlier version is used
    again. Records `agent.changed` when something differs.
    """
    _refuse_unknown(changes)
    with transaction.atomic():
        row = Agent.objects.select_for_update().get(pk=agent.pk)
        _require_active(row)
        if expected_version is not None and row.version != expected_version:
            raise Conflict(
                _("Somebody else changed the agent %(name)s meanwhile (version %(version)s).")
                % {"name": row.name, "version": row.version},
                hint=_("Open it again, look at what changed, and repeat your change."),
            )
        changed = _apply(row, changes)
        if changed:
            if "name" in changed:
                _refuse_likeness(row)
                row.twin = 0
            is_new_version = bool(VERSIONED & set(changed))
            row.version += is_new_version
            _save(row, [*changed, "version", "twin"])
            if is_new_version:
                _keep_version(actor, row)
            again = {"as_version": as_version} if as_version is not None else {}
            _tell(actor, Kind.AGENT_CHANGED, row, {"fields": changed, "version": row.version, **again})
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
                ngettext(
                    "The agent %(name)s has %(unfinished)s unfinished attempt.",
                    "The agent %(name)s has %(unfinished)s unfinished attempts.",
                    unfinished,
                )
                % {"name": row.name, "unfinished": unfinished},
                hint=_("Stop it, cancel or reassign its tasks, then retire it."),
            )
        if row.status == Agent.Status.SHUTTING_DOWN:
            raise Conflict(
                _("The agent %(name)s has not stopped yet: a cell has not let go of its work.") % {"name": row.name},
                hint=_("Wait until it has stopped, then retire it."),
            )
        row.retired_at = row.status_since = row.state_since = clock.now()
        row.status, row.status_reason = Agent.Status.STOPPED, "retired"
        row.desired_state, row.state_by = "stopped", actor.name[:150]
        row.save(
            update_fields=[
                "retired_at", "status", "status_since", "status_reason", "desired_state", "state_since", "state_by",
            ]
        )  # fmt: skip
        bury_mailbox(actor=actor, agent=row, reason=_("The agent was retired."))
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
        raise InvalidInput(
            _("An agent's %(value)s cannot be changed.") % {"value": unknown[0]},
            hint=_("Change %(changeable)s.") % {"changeable": ", ".join(CHANGEABLE)},
        )


def _require_active(agent: Agent) -> None:
    if agent.retired_at is not None:
        raise Conflict(_("The agent %(name)s is retired.") % {"name": agent.name}, hint=_("Make a new agent instead."))
    require_open(agent.swarm)


def _clean_max_active(value: int) -> int:
    if not 1 <= value <= MOST_ACTIVE:
        raise InvalidInput(
            _("An agent cannot work on %(value)s tasks at once.") % {"value": value},
            hint=_("Give a number from 1 to %(most_active)s.") % {"most_active": MOST_ACTIVE},
        )
    return value


def _clean_provider(provider: Provider | None) -> Provider | None:
    if provider is not None and provider.archived_at is not None:
        raise Conflict(
            _("The provider %(name)s is archived.") % {"name": provider.name}, hint=_("Choose another provider.")
        )
    return provider


def _refuse_likeness(agent: Agent) -> None:
    """Refuse a name that differs from a colleague's in capitals only: nobody could tell the two apart. One look into an index."""
    name = agent.name
    like = Agent.objects.alias(folded=Lower("name")).filter(
        swarm=agent.swarm_id, retired_at=None, folded__in=_fold(name)
    )
    known = like.exclude(pk=agent.pk).exclude(name=name).values_list("name", flat=True).order_by()[:1]
    if known:  # in no order: for one by name, PostgreSQL walks all of them
        raise Conflict(
            _("There is already an agent named %(known)s in this swarm; %(name)s differs in capitals only.")
            % {"known": known[0], "name": name},
            hint=_("Choose another name."),
        )


def _fold(name: str) -> set[str]:
    """Return what databases make of alike names: some fold every letter, SQLite those of ASCII alone."""
    spelt = {name, name.lower(), name.upper(), name.capitalize(), name.title()}
    return {name.lower()} | {one.translate(_ASCII_LOWER) for one in spelt}


def _save(agent: Agent, fields: list[str] | None = None) -> None:
    try:
        with transaction.atomic():
            agent.save(update_fields=fields)
    except IntegrityError as error:
        _refuse_likeness(agent)  # made by somebody else since it was looked for
        raise Conflict(
            _("There is already an agent named %(name)s in this swarm.") % {"name": agent.name},
            hint=_("Choose another name."),
        ) from error


def _keep_version(actor: Actor, agent: Agent) -> None:
    AgentVersion.objects.create(
        agent=agent,
        n=agent.version,
        instructions=agent.instructions,
        capabilities=agent.capabilities,
        tools=agent.tools,
        program=agent.program,
        provider_name=agent.provider.name if agent.provider else "",
        by=actor.name[:150],
    )


def _tell(actor: Actor, kind: Kind, agent: Agent, detail: dict[str, Any]) -> None:
    swarm = agent.swarm
    where = {"workspace_ref": swarm.workspace_id, "swarm_ref": swarm.pk}
    record(Fact(kind, actor, "agent", agent.pk, agent.name, **where, detail=detail))
    topics.bump(["swarms", f"swarm:{swarm.pk}", f"agent:{agent.pk}", "audit"])
