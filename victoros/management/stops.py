"""What commands that stop something say of whether it has stopped."""

import argparse
import math
from dataclasses import asdict

from django.db.models import QuerySet

from tasks.models import Attempt
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


def confirm(answer: Answer, attempts: QuerySet[Attempt], wait_s: float) -> Answer:
    """Add whether the cells have let go of the attempts; exit code 1 when some have not in time."""
    if not wait_s:
        return answer
    late = await_stop(attempts, wait_s)
    document = {**answer.document, "confirmed": not late, "not_stopped": [asdict(one) for one in late]}
    told = [f"Not stopped yet: {_tell(one)}" for one in late]
    if not late and attempts.filter(recalled_at__isnull=False).exists():
        told = ["Confirmed: nothing of it runs."]
    return Answer(document, "\n".join([str(answer.text), *told]), exit_code=1 if late else 0)


def _tell(one: Unstopped) -> str:
    age = f" for {(clock.now() - one.since).total_seconds():.0f} s" if one.since else ""
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
