"""What is written above the time axis of a run: a few moments, and marks where time is left out."""

from dataclasses import dataclass
from itertools import pairwise

from django.utils import timezone

from tasks.selectors.timeline import Axis, Cut

LABEL = 14
"""Percent of the axis that a label takes."""
MOST_CUTS_ABOVE = 3


@dataclass(frozen=True)
class Label:
    """A moment written above the axis."""

    x: float
    text: str


def cuts_above(axis: Axis) -> list[Cut]:
    """Return the break marks that stand among the moments above the axis: a few, or none; every bar has its own."""
    return axis.cuts if len(axis.cuts) <= MOST_CUTS_ABOVE else []


def say_ticks(axis: Axis) -> list[Label]:
    """Say moments to the second, or to the millisecond when any two lie within one; the day where it is another one.

    A break mark needs its place: the moment that would be written under it is left out.
    """
    ticks = [tick for tick in axis.ticks() if not any(-2 < cut.x - tick.x < LABEL for cut in cuts_above(axis))]
    moments = [timezone.localtime(tick.at) for tick in ticks]
    is_close = any((later - moment).total_seconds() < 1 for moment, later in pairwise(moments))
    labels = []
    for tick, moment, before in zip(ticks, moments, [None, *moments], strict=False):
        text = f"{moment:%H:%M:%S}" + (f".{moment.microsecond // 1000:03d}" if is_close else "")
        is_new_day = before is not None and before.date() != moment.date()
        labels.append(Label(tick.x, f"{moment:%b %-d} {text}" if is_new_day else text))
    return labels
