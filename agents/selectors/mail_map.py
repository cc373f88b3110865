"""Who writes to whom in a swarm: counted from its newest letters, placed on a circle for a picture and listed for a table."""

import math
from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from django.utils.translation import gettext

from agents.models import Agent, Message, Swarm
from victoros.lib.charts import place_on_circle
from victoros.lib.statements import fetch
from victoros.lib.together import read_together

LETTERS = 2_000
"""Newest letters of the swarm that are counted."""
MOST_NODES = 40
"""Writers and readers shown, those with the most letters."""
MOST_WIRES, MOST_ROWS = 100, 20
"""Pairs drawn, and listed in the table beneath, those with the most letters."""
LONGEST_NAME = 14
"""Characters of a name that the picture has room for."""
RADIUS, BESIDE, ABOVE = 190.0, 140.0, 32.0
"""Of the circle, and the room for names beside it and above it."""
MIDDLE = RADIUS + BESIDE
MOST_LEVEL = 16
"""Names up to this number stand level; more of them point outwards, so that none covers another."""
_PAIRS = """
SELECT sender_agent_id, recipient_id, count(*), count(*) FILTER (WHERE status IN ('dead', 'expired')), max(id)
FROM agents_message
WHERE swarm_id = %s AND id >= coalesce(
  (SELECT id FROM agents_message WHERE swarm_id = %s ORDER BY id DESC LIMIT 1 OFFSET %s), 0)
GROUP BY 1, 2 ORDER BY 3 DESC, 5 DESC
"""
OPERATORS = 0
"""Stands for the people who operate the swarm."""


@dataclass(frozen=True)
class Node:
    """Somebody who writes or is written to; `agent` is None for the operators."""

    agent: Agent | None
    letters: int
    x: float
    y: float
    anchor: str
    """Where the name stands from the point: start, middle or end."""
    label_x: float
    label_y: float
    turn: float = 0.0
    """Degrees by which the name is turned around its place."""

    @property
    def name(self) -> str:
        """What people call it."""
        return self.agent.name if self.agent else gettext("operators")

    @property
    def short_name(self) -> str:
        """As much of the name as the picture has room for."""
        return self.name if len(self.name) <= LONGEST_NAME else f"{self.name[: LONGEST_NAME - 1]}…"

    @property
    def status(self) -> str:
        """The agent's status; the operators have none."""
        return self.agent.status if self.agent else "open"


@dataclass(frozen=True)
class Wire:
    """The letters from one to another."""

    sender: Node
    recipient: Node
    letters: int
    lost: int
    """Dead letters and expired ones among them."""
    path: str
    width: float
    last_at: datetime | None = None
    """Known of those that the table lists."""


@dataclass(frozen=True)
class MailMap:
    """The picture, most letters first; the table lists the first of its wires."""

    nodes: list[Node]
    wires: list[Wire]
    rows: list[Wire]
    letters: int
    """How many letters were counted."""
    hidden: int
    """Writers and readers that are not shown."""

    @property
    def view(self) -> str:
        """The part of the plane that holds points and names, as an SVG's `viewBox`."""
        above = BESIDE if len(self.nodes) > MOST_LEVEL else ABOVE
        return f"0 {BESIDE - above:.0f} {2 * MIDDLE:.0f} {2 * (RADIUS + above):.0f}"


def read_map(swarm: Swarm) -> MailMap:
    """Read who wrote to whom. Two queries."""
    pairs = _count(swarm)
    totals: Counter[int] = Counter()
    for pair in pairs:
        totals[pair.sender] += pair.letters
        totals[pair.recipient] += pair.letters
    chosen = [pk for pk, _ in totals.most_common(MOST_NODES)]
    drawn = [pair for pair in pairs if pair.sender in chosen and pair.recipient in chosen][:MOST_WIRES]
    agents, times = _read_named(chosen, [pair.last for pair in drawn[:MOST_ROWS]])
    nodes = _place(chosen, agents, totals)
    wires = [_wire(nodes, pair, times.get(pair.last)) for pair in drawn]
    return MailMap(
        list(nodes.values()),
        wires,
        wires[:MOST_ROWS],
        sum(pair.letters for pair in pairs),
        len(totals) - len(nodes),
    )


class _Pair(NamedTuple):
    sender: int
    recipient: int
    letters: int
    lost: int
    last: int
    """The newest letter."""


def _count(swarm: Swarm) -> list[_Pair]:
    """Count the newest letters by pair: rows by the thousand, which the database gives as they are."""
    rows = fetch(_PAIRS, swarm.pk, swarm.pk, LETTERS - 1)
    return [_Pair(sender or OPERATORS, to or OPERATORS, *figures) for sender, to, *figures in rows]


def _read_named(agent_ids: list[int], letter_ids: list[int]) -> tuple[dict[int, Agent], dict[int, datetime]]:
    """Return the agents, and when the letters were sent."""
    found = read_together(
        agents=Agent.objects.filter(pk__in=agent_ids).only("name", "status"),
        letters=Message.objects.filter(pk__in=letter_ids).values_list("pk", "sent_at"),
    )
    return {agent.pk: agent for agent in found["agents"]}, dict(found["letters"])


def _place(chosen: list[int], agents: dict[int, Agent], totals: Counter[int]) -> dict[int, Node]:
    order = sorted(chosen, key=lambda pk: agents[pk].name if pk in agents else "")
    places = place_on_circle(len(order), RADIUS, MIDDLE)
    node = _level_node if len(order) <= MOST_LEVEL else _turned_node
    return {pk: node(agents.get(pk), totals[pk], *place) for pk, place in zip(order, places, strict=True)}


def _level_node(agent: Agent | None, letters: int, x: float, y: float) -> Node:
    side = x - MIDDLE
    anchor = "middle" if abs(side) < 20 else "start" if side > 0 else "end"
    out = 1 + 16 / RADIUS
    return Node(agent, letters, x, y, anchor, round(MIDDLE + side * out, 1), round(MIDDLE + (y - MIDDLE) * out + 5, 1))


def _turned_node(agent: Agent | None, letters: int, x: float, y: float) -> Node:
    """Let the name point away from the middle, to be read from the left."""
    side, height, out = x - MIDDLE, y - MIDDLE, 1 + 14 / RADIUS
    is_left = side < -0.5
    turn = math.degrees(math.atan2(height, side)) + (180 if is_left else 0)
    anchor = "end" if is_left else "start"
    return Node(
        agent, letters, x, y, anchor, round(MIDDLE + side * out, 1), round(MIDDLE + height * out, 1), round(turn, 1)
    )


def _wire(nodes: dict[int, Node], pair: _Pair, last_at: datetime | None) -> Wire:
    """Bend each line a little to its own left, so that letters and answers are two lines."""
    sender, recipient = nodes[pair.sender], nodes[pair.recipient]
    across = ((recipient.y - sender.y) * 0.12, (sender.x - recipient.x) * 0.12)
    bend_x = (sender.x + recipient.x) / 2 * 0.55 + MIDDLE * 0.45 + across[0]
    bend_y = (sender.y + recipient.y) / 2 * 0.55 + MIDDLE * 0.45 + across[1]
    path = f"M{sender.x} {sender.y}Q{bend_x:.1f} {bend_y:.1f} {recipient.x} {recipient.y}"
    width = round(min(1 + math.log2(pair.letters), 8), 1)
    return Wire(sender, recipient, pair.letters, pair.lost, path, width, last_at)
