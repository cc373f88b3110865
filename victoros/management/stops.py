"""What commands that stop something say of whether it has stopped."""

import argparse
import math
from dataclasses import asdict
from typing import Any

from tasks.models import Recall
from tasks.selectors.stopping import Unstopped, await_stop
from victoros.lib import clock
from victoros.lib.commands import Answer

WAIT_S = 5.0


def add_wait(parser: argparse.ArgumentParser) -> None:
    """Let a command wait for the cells' word."""
    parser.add_argument(
        "--wait",
        type=_seconds,
        default=WAIT_S,
        metavar="S",
        help=f"seconds to wait until the cells have confirmed it (default {WAIT_S:g}; 0 asks nobody)",
    )


def confirm(answer: Answer, wait_s: float, **about: Any) -> Answer:
    """Add whether the cells have let go of what was stopped, by fields of `Recall`; exit code 1 when they have not in time."""
    if not wait_s:
        return answer
    late = await_stop(Recall.objects.filter(**about), wait_s)
    document = {**answer.document, "confirmed": not late, "not_stopped": [asdict(one) for one in late]}
    told = [f"Not stopped yet: {_tell(one)}" for one in late]
    taken = answer.document.get("stopped_attempts")
    if not late and taken is not None:  # who stops it once more wants to know how it stands
        told = ["Confirmed: nothing of it runs." if taken else "No cell owes a word about it."]
    return Answer(document, "\n".join([str(answer.text), *told]), exit_code=1 if late else 0)


def _tell(one: Unstopped) -> str:
    age = f" for {(clock.now() - one.since).total_seconds():.0f} s"
    where = f"cell {one.cell}, process {one.pid} on {one.host}, has not let go of it{age}"
    return f"{one.agent}, task {one.task} “{one.title}”: {where}"


def _seconds(text: str) -> float:
    """Return a time from 0 to an hour."""
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if not 0 <= seconds <= 3600:
        raise argparse.ArgumentTypeError(f"{text!r} is no time from 0 to 3600 seconds")
    return seconds
