"""One provider's line of questions in a cell: who goes first, who has a place, who leaves. Plain data, no database."""

import asyncio
import time
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import chain, zip_longest

from agents.llm.fitting import LETTERS_PER_TOKEN
from agents.llm.types import LlmRequest
from tasks.engine.grants import Granted, Wish
from tasks.engine.window import TURN_S

MOST_IN_A_WISH = 500
SPREAD_S = 0.01
"""Between two attempts that go on at the same moment."""


class MustWait(Exception):
    """The provider's turn for this question is so far away that the attempt waits as a row."""

    def __init__(self, wake_at: datetime, why: str) -> None:
        super().__init__(why)
        self.wake_at, self.why = wake_at, why


class TooLate(Exception):
    """The turn was void when the question was about to leave."""


@dataclass
class Turn:
    """The right to ask one question, soon."""

    slot: int
    estimate: int
    until: float
    """By this process's clock that only goes forward; later it is void."""
    began: float = 0.0
    """When the question was really asked; 0 while it was not."""
    used: int | None = None
    """Tokens it took; None while nobody knows."""

    def begin(self) -> None:
        """Use the turn, unless it is too late."""
        if time.monotonic() > self.until:
            raise TooLate
        self.began = time.monotonic()


@dataclass
class Waiter:
    """A question in line."""

    swarm_id: int
    estimate: int
    turn: "asyncio.Future[Turn]"


@dataclass
class Line:
    """One provider's line in this cell."""

    provider_id: int
    most: int
    """Calls at once from one cell."""
    places: int = 0
    busy: int = 0
    is_windowed: bool = True
    call_s: float = 0.0
    by_swarm: dict[int, deque[Waiter]] = field(default_factory=dict)
    corrections: dict[int, list[int]] = field(default_factory=dict)
    quiet_until: float = 0.0
    asked_for: list[Waiter] = field(default_factory=list)

    def __iter__(self) -> Iterator[Waiter]:
        """Go through the line, one question of each swarm in turn."""
        rounds = zip_longest(*self.by_swarm.values())
        return (waiter for waiter in chain.from_iterable(rounds) if waiter is not None)

    def __len__(self) -> int:
        return sum(map(len, self.by_swarm.values()))

    @property
    def is_idle(self) -> bool:
        """Whether there is nothing to tell the database."""
        return not (self.places or self.busy or self.by_swarm or self.corrections)

    def join(self, waiter: Waiter) -> None:
        """Stand at the end of one's swarm's part."""
        self.by_swarm.setdefault(waiter.swarm_id, deque()).append(waiter)

    def leave(self, waiter: Waiter) -> None:
        """Go out of the line, if still in it."""
        part = self.by_swarm.get(waiter.swarm_id)
        if part is not None and waiter in part:
            part.remove(waiter)
            if not part:
                del self.by_swarm[waiter.swarm_id]

    def correct(self, slot: int, requests: int, tokens: int) -> None:
        """Remember what to add to the use of a slot."""
        if self.is_windowed and (requests or tokens):
            use = self.corrections.setdefault(slot, [0, 0])
            use[0], use[1] = use[0] + requests, use[1] + tokens

    def wish(self) -> Wish:
        """Return what to ask the database for. Until it answers no free place is given away: it may take them back."""
        self.places = self.busy
        self.asked_for = list(self)
        room = self.most - self.busy
        corrections, self.corrections = self.corrections, {}
        return Wish(
            self.provider_id,
            self.busy,
            min(self.most, self.busy + len(self.asked_for)),
            len(self.asked_for),
            tuple(waiter.estimate for waiter in self.asked_for[: min(room, MOST_IN_A_WISH)]),
            corrections,
            self.call_s,
        )

    def receive(self, granted: Granted) -> None:
        """Let the first go and the last leave."""
        self.places, self.is_windowed = granted.places, granted.is_windowed
        self.quiet_until = granted.read_at + granted.wait_s
        first = self.asked_for[: granted.admitted]
        for waiter in first:
            self._admit(waiter, Turn(granted.slot, waiter.estimate, granted.read_at + TURN_S))
        rest = self.asked_for[granted.admitted :]
        for n, waiter in enumerate(rest[len(rest) - granted.leave :]):
            self.leave(waiter)
            if not waiter.turn.done():
                wake_at = granted.wake_at + timedelta(seconds=n * max(granted.pace_s, SPREAD_S))
                waiter.turn.set_exception(MustWait(wake_at, granted.why))

    def pass_on(self) -> None:
        """Let the next go at once where a free place is all it needs."""
        while not self.is_windowed and self.by_swarm and self.busy < self.places:
            waiter = next(iter(self))
            self._admit(waiter, Turn(0, 0, time.monotonic() + TURN_S))

    def _admit(self, waiter: Waiter, turn: Turn) -> None:
        self.leave(waiter)
        if waiter.turn.done():
            self.correct(turn.slot, -1, -turn.estimate)
            return
        self.busy += 1
        if waiter.swarm_id in self.by_swarm:  # the next turn is another swarm's
            self.by_swarm[waiter.swarm_id] = self.by_swarm.pop(waiter.swarm_id)
        waiter.turn.set_result(turn)

    def end(self, turn: Turn) -> None:
        """Take a place back, with what the call really took."""
        self.busy -= 1
        if not turn.began:
            self.correct(turn.slot, -1, -turn.estimate)
            return
        took = time.monotonic() - turn.began
        self.call_s = took if not self.call_s else 0.8 * self.call_s + 0.2 * took
        if turn.used is not None:
            self.correct(turn.slot, 0, turn.used - turn.estimate)


def estimate_tokens(request: LlmRequest) -> int:
    """Return how many tokens a question and its longest answer take, at three letters a token."""
    letters = len(request.system) + sum(
        len(turn.text) + (len(str(turn.call)) if turn.call else 0) for turn in request.turns
    )
    letters += sum(len(tool.description) + len(str(tool.schema)) for tool in request.tools)
    letters += len(str(request.schema)) if request.schema else 0
    return letters // LETTERS_PER_TOKEN + request.max_tokens
