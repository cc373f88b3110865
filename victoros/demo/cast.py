"""Who works in the sample data: one workspace, a provider that costs nothing, swarms, and agents in every state."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any

from agents.models import Agent, AgentVersion, Provider, Swarm, Workspace
from agents.services.swarms import create_swarm
from audit.actors import Actor
from victoros.demo.words import ROLES, SWARMS, number_name
from victoros.lib.inserting import insert_rows

AGENTS_OF_A_SWARM = 250
MOST_SWARMS = 40
PROVIDER = "Sample model"
FIRST_OF_A_SWARM = ("busy", "waiting", "idle", "error", "offline", "paused", "initializing", "busy")
"""So that even a small sample shows every status."""
MOST_BROKEN = 6
"""Agents in error and offline: a board on which hundreds are wrong shows nothing."""


@dataclass
class Player:
    """An agent of the sample while its past is made up: the totals grow with each attempt."""

    pk: int
    name: str
    swarm_id: int
    status: str
    done: int = 0
    verified: int = 0
    failed: int = 0
    steps: int = 0
    tokens: int = 0
    nanos: int = 0
    verified_at: datetime | None = None
    holds: str = ""
    """The state of the attempt it has just now: running, waiting, ready or stopped; empty for none."""
    waits_for: str = ""


@dataclass
class Troupe:
    """A swarm with its agents."""

    swarm: Swarm
    players: list[Player] = field(default_factory=list)


def make_provider() -> Provider:
    """Make the provider of the sample: scripted, so that whoever starts a sample swarm is asked for no key and no money."""
    number = 1
    while Provider.objects.filter(name=number_name(PROVIDER, number)).exists():
        number += 1
    return Provider.objects.create(
        name=number_name(PROVIDER, number), kind=Provider.Kind.SCRIPTED, model="echo", max_concurrent=8
    )


def make_troupes(
    actor: Actor, workspace: Workspace, agents: int, random: Random, now: datetime, *, at_work: bool
) -> list[Troupe]:
    """Make the swarms and their agents, the largest swarm first."""
    number = max(1, 4 if agents >= 24 else 2 if agents >= 8 else 1)
    number = max(number, min(MOST_SWARMS, agents // AGENTS_OF_A_SWARM))
    provider, broken = make_provider(), [MOST_BROKEN]
    troupes = []
    for index, share in enumerate(_share_out(agents, number)):
        swarm = _make_swarm(actor, workspace, provider, index, now, random)
        troupes.append(Troupe(swarm, _make_players(swarm, share, random, now, broken, at_work=at_work)))
    return troupes


def _share_out(agents: int, swarms: int) -> list[int]:
    """Give the first swarm a fifth more than the second, and so on; together exactly `agents`."""
    weights = [1 / (1 + 0.2 * index) for index in range(swarms)]
    shares = [max(1, int(agents * weight / sum(weights))) for weight in weights]
    shares[0] += agents - sum(shares)
    return shares


def _make_swarm(
    actor: Actor, workspace: Workspace, provider: Provider, index: int, now: datetime, random: Random
) -> Swarm:
    name, purpose = SWARMS[index % len(SWARMS)]
    swarm = create_swarm(
        actor=actor,
        workspace=workspace,
        name=number_name(name, 1 + index // len(SWARMS)),
        purpose=purpose,
        provider=provider,
    )
    swarm.desired_state = {1: "paused", 3: "stopped"}.get(index % 7, "running")
    swarm.state_since = now - timedelta(minutes=random.randint(20, 3_000))
    swarm.created_at = now - timedelta(days=15)
    swarm.save(update_fields=["desired_state", "state_since", "created_at"])
    return swarm


def _make_players(
    swarm: Swarm, number: int, random: Random, now: datetime, broken: list[int], *, at_work: bool
) -> list[Player]:
    rows = [_make_row(swarm, n, random, now, broken, at_work=at_work) for n in range(number)]
    ids = insert_rows(Agent, rows)
    insert_rows(
        AgentVersion, [version for pk, row in zip(ids, rows, strict=True) for version in _make_versions(pk, row)]
    )
    return [_as_player(pk, row, random, at_work=at_work) for pk, row in zip(ids, rows, strict=True)]


def _make_row(swarm: Swarm, n: int, random: Random, now: datetime, broken: list[int], *, at_work: bool) -> Agent:
    role, does, capabilities = ROLES[n % len(ROLES)]
    status = _choose_status(swarm, n, random, broken, at_work=at_work)
    own: dict[str, Any] = {"paused": "paused", "shutting_down": "stopped", "stopped": "stopped"}
    wanted = own.get(status, "running") if swarm.desired_state == "running" else "running"
    retired = n > len(FIRST_OF_A_SWARM) and random.random() < 0.02
    return Agent(
        swarm=swarm,
        name=number_name(role, 1 + n // len(ROLES)),
        role=f"{role}: {does}",
        instructions=f"You are a {role.lower()}. You {does}. Say so when you are not sure, and never invent a source.",
        version=random.choice((1, 1, 1, 2, 3)),
        capabilities=list(capabilities),
        tools=["list_files", "read_file", "write_file", "publish_file", "send_mail", "read_mail", "remember"],
        desired_state="stopped" if retired else wanted,
        status="stopped" if retired else status,
        status_since=now - timedelta(minutes=random.randint(1, 600)),
        status_reason="network: The provider closed the connection." if status == "error" and not retired else "",
        claimed_at=now - timedelta(minutes=random.randint(1, 900)),
        created_at=now - timedelta(days=15) + timedelta(seconds=n),
        retired_at=now - timedelta(days=random.randint(1, 9)) if retired else None,
    )


def _make_versions(pk: int, row: Agent) -> Iterator[AgentVersion]:
    """Say how it worked in each of its versions: each added a sentence."""
    sentences = row.instructions.split(". ")
    for n in range(1, row.version + 1):
        yield AgentVersion(
            agent_id=pk,
            n=n,
            instructions=". ".join(sentences[: len(sentences) - row.version + n]),
            capabilities=row.capabilities,
            tools=row.tools,
            program=row.program,
            at=row.created_at + timedelta(days=2 * n - 2),
            by=row.state_by,
        )


def _choose_status(swarm: Swarm, n: int, random: Random, broken: list[int], *, at_work: bool) -> str:
    if swarm.desired_state == "stopped":
        return "shutting_down" if n < 2 and at_work else "stopped"
    if swarm.desired_state == "paused":
        return "waiting" if random.random() < 0.05 else "paused"
    status = FIRST_OF_A_SWARM[n] if n < len(FIRST_OF_A_SWARM) else _draw(random)
    if status in ("error", "offline"):
        broken[0] -= 1
        return status if broken[0] >= 0 else "idle"
    return "idle" if status == "busy" and not at_work else status


def _draw(random: Random) -> str:
    return random.choices(("busy", "waiting", "idle", "paused", "initializing"), (30, 8, 58, 3.5, 0.5))[0]


def _as_player(pk: int, row: Agent, random: Random, *, at_work: bool) -> Player:
    player = Player(pk, row.name, row.swarm_id, "retired" if row.retired_at else row.status)
    if player.status in ("busy", "shutting_down"):
        player.holds = "running"
    elif player.status == "waiting":
        player.holds = "waiting"
        player.waits_for = random.choices(("approval", "answer", "mail", "time"), (40, 30, 20, 10))[0]
    elif player.status == "paused" and random.random() < 0.4:
        player.holds = "ready"
    elif player.status == "stopped" and random.random() < 0.3:
        player.holds = "stopped"
    return player
