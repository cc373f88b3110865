"""What is to happen in one small world: which stories, and at which points its processes die. Drawn from a seed, nothing else."""

import random
from collections import Counter
from dataclasses import dataclass, replace

from tasks.engine.points import Point
from victoros.ops.chaos.points.stories import STORIES

BEFORE_COMMIT, AFTER_COMMIT = "commit.before", "commit.after"
"""Points at the door of the database: around every commit, whatever it is for."""
KILL, FREEZE, OVERTAKE, LOST, REFUSED = "kill", "freeze", "overtake", "lost", "refused"
KINDS = {
    KILL: "the process is killed",
    FREEZE: "the process is frozen, buried, and thawed once others have gone on",
    OVERTAKE: "the process stands still, not buried, while others work",
    LOST: "the commit takes place and the process is told that the connection broke",
    REFUSED: "the commit does not take place and the process is told that the connection broke",
}
MOST_CRASHES = 4
STRIDE = 1_000_000


@dataclass(frozen=True)
class Crash:
    """What happens to the process that comes to this point for the nth time in its life."""

    label: str
    nth: int
    kind: str

    def __str__(self) -> str:
        return f"{self.kind} at {self.label} (time {self.nth})"


@dataclass(frozen=True)
class Schedule:
    """One small world. Crashes happen one after the other: the next is armed when the one before has happened."""

    number: int
    stories: tuple[str, ...]
    crashes: tuple[Crash, ...] = ()

    def with_first(self, count: int) -> "Schedule":
        """Return it with only its first crashes."""
        return replace(self, crashes=self.crashes[:count])

    def __str__(self) -> str:
        what = "; ".join(str(crash) for crash in self.crashes) or "nothing"
        return f"schedule {self.number}: {' + '.join(self.stories)}: {what}"


Passed = dict[str, Counter[str]]
"""How often each story passes each point when nothing happens."""
LABELS = (*(point.value for point in Point), BEFORE_COMMIT, AFTER_COMMIT)
AIMS = (*LABELS, *[AFTER_COMMIT] * 5)
"""What schedules aim at in turn. A commit whose answer is lost is something else at each commit."""
LEADS = {
    Point.STRAYS_FOUND: ("plain", (Crash(Point.BATCH_COMMITTED, 1, LOST),)),
    Point.EFFECT_SETTLING: ("paid", (Crash(Point.EFFECT_ACTED, 1, KILL),)),
    Point.LEASE_TAKEN: ("plain", (Crash(Point.LOADED, 1, KILL),)),
    Point.CELL_BURYING: ("plain", (Crash(Point.LOADED, 1, KILL),)),
    Point.DEATH_HEARD: ("plain", (Crash(Point.CLAIMED, 1, KILL),)),
}
"""What leads to points that no story passes when nothing happens: a story and a crash."""
LOSABLE = (AFTER_COMMIT, Point.CLAIMED, Point.BATCH_COMMITTED)
"""Points where the database has just said yes."""


def draw(seed: int, number: int, passed: Passed) -> Schedule:
    """Return the schedule of that number: one to three stories and one to four crashes, the first at each point in turn.

    The first time a point is aimed at, its story is alone and the crash comes at the first passing: beside others, what leads
    to the point may happen to one of them instead. So every seed has a crash at every point.
    """
    chance = random.Random(seed * STRIDE + number)  # nosec B311: a schedule, not a secret
    label, is_first = AIMS[number % len(AIMS)], number < len(AIMS)
    first, crashes = _draw_lead(chance, label, passed)
    others = [name for name in sorted(STORIES) if name != first]
    stories = (first, *chance.sample(others, 0 if is_first else chance.choices((0, 1, 2), (5, 4, 1))[0]))
    points = Counter[str]()
    for story in stories:
        points.update(passed[story])
    aimed = _draw_crash(chance, label, points if label not in LEADS else Counter())
    if is_first:
        aimed = replace(aimed, nth=1)
    fewest = int(aimed.kind == FREEZE)
    more = chance.choices(range(MOST_CRASHES - len(crashes)), (5, 3, 2, 1)[: MOST_CRASHES - len(crashes)])[0] or fewest
    later = [_draw_crash(chance, chance.choice(LABELS), Counter()) for _ in range(more)]
    if aimed.kind == FREEZE and later:  # a zombie is most dangerous where its successor stopped at the same place
        later[0] = Crash(label, 1, KILL)
    return Schedule(number, stories, (*crashes, aimed, *later))


def _draw_lead(chance: random.Random, label: str, passed: Passed) -> tuple[str, tuple[Crash, ...]]:
    """Return a story that comes to the point, and what has to happen before."""
    if label in LEADS:
        return LEADS[Point(label)]
    passing = sorted(story for story, points in passed.items() if points[label])
    return chance.choice(passing or sorted(passed)), ()


def _draw_crash(chance: random.Random, label: str, points: Counter[str]) -> Crash:
    """Return a crash there; at one of the times it is passed when nothing happens, else at one of the first two."""
    nth = chance.randint(1, points[label]) if points[label] else chance.choice((1, 1, 2))
    return Crash(label, nth, _draw_kind(chance, label))


def _draw_kind(chance: random.Random, label: str) -> str:
    if label == BEFORE_COMMIT:
        return chance.choice((KILL, REFUSED))
    if label in LOSABLE:
        return chance.choices((KILL, LOST, FREEZE, OVERTAKE), (3, 4, 1, 1))[0]
    return chance.choices((KILL, FREEZE, OVERTAKE), (6, 2, 2))[0]
