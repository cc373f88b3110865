"""What becomes of each task of the sample, decided before any row is written, so that the numbers come out as asked for."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from victoros.demo.cast import Player, Troupe
from victoros.demo.sizes import Size

DAYS = 14
"""So far back the sample goes."""
LIVE_SHARE = 0.3
"""Of all tasks, at most, are with an agent just now."""
HISTORY = ("completed", "verified", "failed", "cancelled", "quarantined", "backlog", "ready", "blocked")
WEIGHTS = (44, 33, 3, 3, 0.4, 6, 7, 3.6)
RECENT = 0.4
"""Only the newest tasks, this share of them, have not been begun."""
LONGEST = 2_000
FEW = 12
"""The newest so many tasks show every state, also in a small sample."""


@dataclass
class Plan:
    """One task of the sample."""

    status: str
    troupe: Troupe
    player: Player
    """Who does it, or would."""
    created_at: datetime
    attempts: tuple[str, ...] = ()
    """How each of its attempts ended, or in which state the last one is."""
    steps: tuple[int, ...] = ()
    is_recent: bool = False


def make_plans(troupes: Sequence[Troupe], size: Size, random: Random, now: datetime) -> list[Plan]:
    """Decide on all tasks, the oldest first; together their attempts have exactly `size.steps` steps if there is any attempt."""
    places = _place_live(troupes, size.tasks, random)
    moments = _spread(size.tasks, random, now)
    pick = _Picker(troupes, random)
    plans = [
        _plan_live(*places[n], at) if n in places else _plan_past(n, size.tasks, pick, random, at)
        for n, at in enumerate(moments)
    ]
    _deal_steps([plan for plan in plans if plan.attempts], size.steps, random)
    return plans


def _place_live(troupes: Sequence[Troupe], tasks: int, random: Random) -> dict[int, tuple[Troupe, Player]]:
    """Give each agent that holds an attempt one of the newest tasks; for whom none is left holds none."""
    holders = [(troupe, player) for troupe in troupes for player in troupe.players if player.holds]
    random.shuffle(holders)
    holders.sort(key=lambda one: one[0] is not troupes[0])
    most = int(tasks * LIVE_SHARE)
    for _, player in holders[most:]:
        player.holds, player.status = "", "idle" if player.status in ("busy", "waiting") else player.status
    chosen = holders[:most]
    newest = range(max(0, tasks - 3 * len(chosen)), tasks)
    return dict(zip(random.sample(newest, len(chosen)), chosen, strict=True))


def _spread(tasks: int, random: Random, now: datetime) -> Iterator[datetime]:
    """Spread moments over the days, in order, the last one five minutes ago."""
    begin, span = now - timedelta(days=DAYS), DAYS * 86_400 - 300
    for n in range(tasks):
        yield begin + timedelta(seconds=span * (n + random.random()) / tasks)


class _Picker:
    """Chooses swarms by their size, and agents in them; what must not be claimed goes to swarms that are held."""

    def __init__(self, troupes: Sequence[Troupe], random: Random) -> None:
        self._random = random
        self._all = list(troupes)
        self._held = [troupe for troupe in troupes if troupe.swarm.desired_state != "running"]

    @property
    def may_wait(self) -> bool:
        """Whether ready tasks can lie anywhere without cells taking them."""
        return bool(self._held)

    def pick(self, status: str) -> tuple[Troupe, Player]:
        """Return a swarm and one of its agents."""
        among = self._held if status == "ready" else self._all
        troupe = self._random.choices(among, [len(one.players) for one in among])[0]
        return troupe, self._random.choice(troupe.players)


def _plan_past(n: int, tasks: int, pick: _Picker, random: Random, at: datetime) -> Plan:
    age = tasks - n
    status = HISTORY[n % len(HISTORY)] if age <= FEW else random.choices(HISTORY, WEIGHTS)[0]
    if status in ("backlog", "ready", "blocked") and (
        n < tasks * (1 - RECENT) or (status == "ready" and not pick.may_wait)
    ):
        status = "completed"
    troupe, player = pick.pick(status)
    return Plan(status, troupe, player, at, _attempts(status, random), is_recent=age <= max(FEW, tasks // 20))


def _plan_live(troupe: Troupe, player: Player, at: datetime) -> Plan:
    status = "blocked" if player.holds in ("waiting", "stopped") else "in_progress"
    return Plan(status, troupe, player, at, (player.holds,), is_recent=True)


def _attempts(status: str, random: Random) -> tuple[str, ...]:
    if status in ("completed", "verified"):
        return ("failed", "completed") if random.random() < 0.12 else ("completed",)
    if status == "failed":
        return ("failed",) * random.randint(1, 3)
    if status == "cancelled":
        return ("cancelled",) if random.random() < 0.5 else ()
    return ("quarantined",) if status == "quarantined" else ()


def _deal_steps(plans: Sequence[Plan], steps: int, random: Random) -> None:
    """Give every attempt its number of steps: most have few, some have many."""
    left, attempts = steps, sum(len(plan.attempts) for plan in plans)
    steady = attempts // 20
    for plan in plans:
        numbers = []
        for _ in plan.attempts:
            mean = left / attempts
            wanted = mean if attempts <= steady or mean < 1 else random.expovariate(1 / mean) + 0.5
            number = left if attempts == 1 else min(left, LONGEST, round(wanted))
            numbers.append(number)
            left, attempts = left - number, attempts - 1
        plan.steps = tuple(numbers)
