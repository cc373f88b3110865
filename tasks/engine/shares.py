"""Fair shares: how many more attempts of each swarm a cell may take. Plain numbers, no database."""

import heapq
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

MOST_TIMES_FREE = 9
"""A swarm may take one more while it holds less than so many times the places that are free. One swarm alone fills nine
tenths of a cell, two swarms nine nineteenths each: whoever comes next finds a place at once, however many are there."""


@dataclass(frozen=True)
class Room:
    """The places of a cell: how many there are, and how many each swarm holds."""

    slots: int
    held: Mapping[int, int] = field(default_factory=dict)


ENDLESS = Room(sys.maxsize)
"""Holds nobody back."""


def deal(limit: int, room: Room, swarms: Sequence[int], given: Mapping[int, int]) -> dict[int, int]:
    """Deal at most `limit` places out, one at a time to the swarm that holds least; equal ones in the order given.

    `given` was dealt before and counts as held. A small cell (up to nine places) is filled whole.
    """
    holds = {swarm: room.held.get(swarm, 0) + given.get(swarm, 0) for swarm in swarms}
    free = room.slots - sum(room.held.values()) - sum(given.values())
    line = [(held, place, swarm) for place, (swarm, held) in enumerate(holds.items())]
    heapq.heapify(line)
    dealt: dict[int, int] = {}
    for _ in range(min(limit, free)):
        if not line or line[0][0] >= MOST_TIMES_FREE * free:
            break
        held, place, swarm = line[0]
        heapq.heapreplace(line, (held + 1, place, swarm))
        dealt[swarm] = dealt.get(swarm, 0) + 1
        free -= 1
    return dealt
