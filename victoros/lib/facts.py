"""The three separate facts about an agent's health, each with its source and age. *Unknown* is an answer."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from victoros.lib.figures import say_since

LEASE = timedelta(seconds=10)
LATE_STEP = timedelta(minutes=1)
NO_STEP = timedelta(minutes=5)


@dataclass(frozen=True)
class HealthFact:
    """One fact: `state` is yes, late, no or unknown; `source` says how it is known; `at` is when that was observed."""

    name: str
    state: str
    source: str
    at: datetime | None = None


def judge_alive(now: datetime, *, is_working: bool, heartbeat_at: datetime | None, cells_alive: int) -> HealthFact:
    """Tell whether there is a process: the cell that drives the agent, or for an idle agent any cell that could."""
    if not is_working or heartbeat_at is None:
        state = "yes" if cells_alive else "no"
        source = f"{cells_alive} cells ready to drive it" if cells_alive else "no cell is alive"
        return HealthFact("alive", state, source)
    silent = now - heartbeat_at
    state = "yes" if silent < LEASE / 2 else "late" if silent < LEASE else "no"
    return HealthFact("alive", state, f"heartbeat of its cell {say_since(heartbeat_at, now)} ago", heartbeat_at)


def judge_advancing(
    now: datetime, *, is_working: bool, last_step_at: datetime | None, since: datetime | None
) -> HealthFact:
    """Tell whether steps get finished. `since` is when the work began, for an attempt without a step."""
    moment = last_step_at or since
    if not is_working or moment is None:
        return HealthFact("advancing", "unknown", "it has nothing to do", last_step_at)
    silent = now - moment
    state = "yes" if silent < LATE_STEP else "late" if silent < NO_STEP else "no"
    said = "last step" if last_step_at else "no step yet, began"
    return HealthFact("advancing", state, f"{said} {say_since(moment, now)} ago", moment)


def judge_right(*, done: int, verified: int, failed: int, verified_at: datetime | None) -> HealthFact:
    """Tell whether its work was found right by somebody else than itself."""
    if verified:
        return HealthFact("right", "yes", f"{verified:,} of {done:,} done were verified", verified_at)
    if failed and not done:
        return HealthFact("right", "no", f"{failed:,} failed, none done")
    return HealthFact("right", "unknown", f"{done:,} done, none verified" if done else "nothing done yet")
