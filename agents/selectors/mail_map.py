"""Who writes to whom in a swarm: counted from its newest letters, placed on a circle for a picture and listed for a table."""

import math
from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Max, Q
from django.utils.translation import gettext

from agents.models import Agent, Message, Swarm
from victoros.lib.charts import place_on_circle

LETTERS = 5_000
"""Newest letters of the swarm that are counted."""
MOST_NODES = 40
"""Writers and readers shown, those with the most letters."""
RADIUS, BESIDE, ABOVE = 190.0, 140.0, 32.0
"""Of the circle, and the room for names beside it and above it."""
MIDDLE = RADIUS + BESIDE
MOST_LEVEL = 16
"""Names up to this number stand level; more of them point outwards, so that none covers another."""
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
    last_at: datetime
    path: str
    width: float


@dataclass(frozen=True)
class MailMap:
    """The picture and the rows of its table, most letters first."""

    nodes: list[Node]
    wires: list[Wire]
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
    """Read who wrote to whom. Three queries."""
    pairs = _count(swarm)
    totals: Counter[int] = Counter()
    for sender, recipient, letters, _, _ in pairs:
        totals[sender] += letters
        totals[recipient] += letters
    chosen = [pk for pk, _ in totals.most_common(MOST_NODES)]
    agents = Agent.objects.defer("instructions").in_bulk([pk for pk in chosen if pk != OPERATORS])
    order = sorted(chosen, key=lambda pk: agents[pk].name if pk in agents else "")
    places = place_on_circle(len(order), RADIUS, MIDDLE)
    node = _level_node if len(order) <= MOST_LEVEL else _turned_node
    nodes = {pk: node(agents.get(pk), totals[pk], *place) for pk, place in zip(order, places, strict=True)}
    wires = [
        _wire(nodes[sender], nodes[recipient], letters, lost, last_at)
        for sender, recipient, letters, lost, last_at in pairs
        if sender in nodes and recipient in nodes
    ]
    return MailMap(list(nodes.values()), wires, sum(row[2] for row in pairs), len(totals) - len(nodes))


def _count(swarm: Swarm) -> list[tuple[int, int, int, int, datetime]]:
    rows = Message.objects.filter(swarm=swarm).order_by("-pk")
    first = rows.values_list("pk", flat=True)[LETTERS - 1 : LETTERS].first() or 0
    lost = Count("pk", filter=Q(status__in=["dead", "expired"]))
    counted = (
        rows.filter(pk__gte=first)
        .order_by()
        .values_list("sender_agent", "recipient")
        .annotate(letters=Count("pk"), lost=lost, last=Max("sent_at"))
        .order_by("-letters", "-last")
    )
    return [(sender or OPERATORS, to or OPERATORS, letters, gone, last) for sender, to, letters, gone, last in counted]


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


def _wire(sender: Node, recipient: Node, letters: int, lost: int, last_at: datetime) -> Wire:
    """Bend each line a little to its own left, so that letters and answers are two lines."""
    across = ((recipient.y - sender.y) * 0.12, (sender.x - recipient.x) * 0.12)
    bend_x = (sender.x + recipient.x) / 2 * 0.55 + MIDDLE * 0.45 + across[0]
    bend_y = (sender.y + recipient.y) / 2 * 0.55 + MIDDLE * 0.45 + across[1]
    path = f"M{sender.x} {sender.y}Q{bend_x:.1f} {bend_y:.1f} {recipient.x} {recipient.y}"
    return Wire(sender, recipient, letters, lost, last_at, path, round(min(1 + math.log2(letters), 8), 1))
