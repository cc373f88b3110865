"""Taking work: attempts that are ready to go on, then ready tasks for free agents. Set-based, by conditional updates.

PostgreSQL is asked three times: what there is to do; what is taken, under lock; and, with the commit, for what was written.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction

from audit import topics
from tasks.engine.beginning import begin
from tasks.engine.commit import ask_for_lease, make_sure
from tasks.engine.loading import ask_for_orders, read_orders
from tasks.engine.matching import Match, Pair
from tasks.engine.orders import Order
from tasks.engine.points import Point, reach
from tasks.engine.resuming import ask_for_one_beside, ask_for_ready, ask_for_suspect, choose, resume
from tasks.engine.shares import ENDLESS, Room, deal
from tasks.engine.waking import ask_for_due, wake_due
from victoros.lib import clock, live
from victoros.lib.statements import Answer, among, ask, given, lock, now, tell

DEALS = 3
"""How often places that a swarm did not use are dealt again to the others."""

_GOES_ON = """EXISTS (SELECT 1 FROM tasks_attempt a JOIN agents_agent g ON g.id = a.agent_id
    WHERE a.swarm_id = s.id AND a.status = 'ready' AND g.desired_state = 'running')"""
_BEGINS = """EXISTS (SELECT 1 FROM tasks_task t WHERE t.swarm_id = s.id AND t.status = 'ready'
    AND (t.not_before IS NULL OR t.not_before <= {now}))
  AND EXISTS (SELECT 1 FROM agents_agent g WHERE g.swarm_id = s.id AND g.desired_state = 'running'
    AND g.retired_at IS NULL AND g.active < g.max_active)"""
_SUPPLIES = f"""
SELECT s.id, {_GOES_ON}, (SELECT t.ready_at FROM tasks_task t WHERE t.swarm_id = s.id AND t.status = 'ready'
  ORDER BY t.priority DESC, t.ready_at, t.id LIMIT 1)
FROM agents_swarm s WHERE s.desired_state = 'running' AND ({_GOES_ON} OR {_BEGINS})
"""  # nosec B608: constants only
_CALLS = "SELECT id FROM tasks_outbox WHERE rung_at IS NULL ORDER BY id LIMIT 1000"
_ANSWER = "UPDATE tasks_outbox SET rung_at = %s WHERE {these} AND rung_at IS NULL"
_HOLD = "SELECT id FROM agents_swarm WHERE {these} AND desired_state = 'running' ORDER BY id {lock}"


@dataclass(frozen=True)
class Supply:
    """What a swarm has to do."""

    pk: int
    goes_on: bool
    """Whether attempts are ready to go on."""
    since: Any
    """Since when the first of its ready tasks is ready; None when there is none."""

    @property
    def rank(self) -> tuple[Any, ...]:
        """Work begun goes before new work, then who has waited longest."""
        return (self.since is not None, self.since, self.pk)


@dataclass(frozen=True)
class Taken:
    """What a claim came to."""

    orders: list[Order]
    is_passed_over: bool = False
    """Whether it found nothing because other claims held what there was: they may leave some of it, and nobody rings for that."""


@dataclass(frozen=True)
class Look:
    """What there is to do, asked for without a lock by a few index look-ups. Nothing, if there is not even a call to answer."""

    called: Answer
    """The calls for work that nobody has answered yet."""
    found: Answer

    @property
    def supplies(self) -> list[Supply]:
        """The swarms that have work for somebody."""
        return [Supply(*row) for row in self.found.rows]

    def __bool__(self) -> bool:
        return bool(self.found.rows or self.called.rows)

    def answer(self) -> None:
        """Mark the calls that were seen; one that came since is for the next look."""
        if self.called.rows:
            tell(_ANSWER.format(these=among("id")), clock.now(), given(pk for (pk,) in self.called.rows))


def look() -> Look:
    """Ask what there is to do."""
    return Look(ask(_CALLS), ask(_SUPPLIES.format(now=now())))


def take(
    cell_id: int,
    limit: int,
    *,
    alone: bool = True,
    wary: bool = False,
    room: Room | None = None,
    send: topics.Send = live.publish,
) -> Taken:
    """Wake what is due, take up to `limit` attempts for this cell and read them back, if there is anything to do.

    `alone`: the cell drives nothing else just now; `wary`: a suspect goes beside others on it already, and no second one may.
    Places go to the swarms in fair shares (`tasks.engine.shares`); without a `room` no swarm is held back. Marks the outbox as
    looked at. Raises `CellDeclaredDead` when the cell's lease is gone.
    """
    due, seen = ask_for_due(), look()
    if wake_due(due):
        seen = look()
    if not seen:
        return Taken([])
    with transaction.atomic(), topics.gather(send):
        seen.answer()
        claim = _Claim(cell_id, limit, room or ENDLESS, seen.supplies, wary=alone or wary)
        claim.take(alone=alone)
        asked = ask_for_orders(cell_id, claim.tasks, claim.agents)
    reach(Point.CLAIMED)
    return Taken(read_orders(asked), claim.is_passed_over and not claim.tasks)


@dataclass(frozen=True)
class _Search:
    """What was asked for to fill the places that one swarm was dealt."""

    places: int
    beside: Answer | None
    """A suspect that may go along."""
    ready: Answer | None
    match: Match | None


class _Claim:
    """One claim under way: deals places to swarms, and what one does not use to the others."""

    def __init__(self, cell_id: int, limit: int, room: Room, supplies: Iterable[Supply], *, wary: bool) -> None:
        self._cell_id, self._limit, self._room = cell_id, limit, room
        self._supplies = {supply.pk: supply for supply in sorted(supplies, key=lambda supply: supply.rank)}
        self._taken: dict[int, int] = {}
        self._wary = wary
        """Whether no suspect may go along any more."""
        self.tasks: list[int] = []
        """What was taken, in the order in which it is to be driven."""
        self.agents: set[int] = set()
        self.is_passed_over = False

    def take(self, *, alone: bool) -> None:
        """Take what there is.

        The swarms are held: a stop waits until this claim has committed, as it must see the attempts that begin here.
        """
        lease = ask_for_lease(self._cell_id)
        held = ask(_HOLD.format(these=among("id"), lock=lock("FOR SHARE")), given(self._supplies))
        goes_on = any(supply.goes_on for supply in self._supplies.values())
        suspect = ask_for_suspect() if alone and goes_on else None
        searches = self._search(self._supplies)
        make_sure(lease)
        reach(Point.OUTBOX_MARKED)
        chosen = choose(suspect.rows, 1) if suspect else []
        if chosen:
            self._resume(chosen)
        else:
            self._take_in_turn(searches, {pk for (pk,) in held.rows})

    def _take_in_turn(self, searches: dict[int, _Search], held: set[int]) -> None:
        for deals_left in reversed(range(DEALS)):
            satisfied = self._take_found({pk: search for pk, search in searches.items() if pk in held})
            searches = self._search(satisfied) if deals_left else {}
            if not searches:
                return

    def _search(self, swarms: Iterable[int]) -> dict[int, _Search]:
        """Deal the places that are left to these swarms, and ask for work to fill them."""
        dealt = deal(self._limit - len(self.tasks), self._room, list(swarms), self._taken)
        return {swarm: self._ask(self._supplies[swarm], places) for swarm, places in dealt.items()}

    def _ask(self, supply: Supply, places: int) -> _Search:
        beside = ask_for_one_beside(supply.pk) if supply.goes_on and not self._wary else None
        ready = ask_for_ready(supply.pk, places) if supply.goes_on else None
        return _Search(places, beside, ready, Match(supply.pk, places) if supply.since is not None else None)

    def _take_found(self, searches: dict[int, _Search]) -> list[int]:
        """Take what was found, work begun before new work; return the swarms that used all their places."""
        ready = {pk: self._choose(one) for pk, one in searches.items()}
        pairs = {pk: _pair(one, one.places - len(ready[pk])) for pk, one in searches.items()}
        self._resume([attempt for found in ready.values() for attempt in found])
        self._begin([(pk, pair) for pk, found in pairs.items() for pair in found])
        used = {pk: len(ready[pk]) + len(pairs[pk]) for pk in searches}
        self.is_passed_over |= any(one.match.is_passed_over for one in searches.values() if one.match)
        for pk, number in used.items():
            self._taken[pk] = self._taken.get(pk, 0) + number
        return [pk for pk, number in used.items() if number == searches[pk].places]

    def _choose(self, search: _Search) -> list[int]:
        """Return work begun before, with one suspect among it if it may go along."""
        beside = search.beside.rows if search.beside and not self._wary else []
        chosen = choose([*beside, *(search.ready.rows if search.ready else [])], search.places)
        self._wary |= any(row[0] in chosen for row in beside)
        return chosen

    def _resume(self, attempt_ids: list[int]) -> None:
        for row in resume(self._cell_id, attempt_ids):
            self.tasks.append(row.task_id)
            self.agents.add(row.agent_id)

    def _begin(self, found: Sequence[tuple[int, Pair]]) -> None:
        begin(self._cell_id, found)
        self.tasks += [task.pk for _, (task, _) in found]
        self.agents |= {agent.pk for _, (_, agent) in found}


def _pair(search: _Search, places: int) -> list[Pair]:
    return search.match.find(places) if search.match and places else []
