"""Numbers, times and looks as people read them."""

import re
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from agents.models import Agent, Message
from agents.models.swarm import DesiredState
from audit.events import Kind
from audit.models import AttentionItem
from audit.phrases import shape_of
from tasks.models import Approval, Attempt, Cell, Step, Task
from victoros.lib.figures import say_age, say_count, say_money, say_seconds, say_share, say_since
from victoros.lib.shapes import LOOKS, UNKNOWN, look_of

SHAPES = Path("templates/_shapes.html")


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0, "0 s"), (99, "99 s"), (100, "1 min"), (5999, "99 min"), (6000, "1 h"), (172_800, "2 d"), (-3, "0 s")],
)
def test_ages_are_said_in_the_largest_sensible_unit(seconds: float, said: str) -> None:
    assert say_age(seconds) == said


@pytest.mark.parametrize(("seconds", "said"), [(None, "–"), (0.042, "42 ms"), (8.44, "8.4 s"), (41.2, "41 s")])
def test_short_spans_keep_their_digits(seconds: float | None, said: str) -> None:
    assert say_seconds(seconds) == said


@pytest.mark.parametrize(
    ("nanos", "said"),
    [
        (0, "$0"),
        (None, "–"),
        (12_100_000, "$0.0121"),
        (500_000_000, "$0.50"),
        (195_100_000, "$0.20"),
        (99_940_000, "$0.0999"),
        (7_420_000_000, "$7.42"),
        (10, "< $0.0001"),
        (1_234_500_000_000, "$1,234.50"),
    ],
)
def test_money_keeps_the_digits_it_deserves(nanos: int | None, said: str) -> None:
    assert say_money(nanos) == said


def test_the_future_is_told_from_the_past() -> None:
    now = timezone.now()
    assert say_since(now - timedelta(minutes=4), now) == "4 min"
    assert say_since(now + timedelta(minutes=4), now) == "in 4 min"


def test_counts_have_their_thousands_parted() -> None:
    assert say_count(1234567) == "1,234,567"


@pytest.mark.parametrize(("part", "whole", "share"), [(0, 10, 0), (1, 1000, 1), (10, 10, 100), (3, 0, 0)])
def test_a_share_is_seen_when_there_is_any(part: int, whole: int, share: int) -> None:
    assert say_share(part, whole) == share


def test_every_status_there_is_has_a_look() -> None:
    known = {
        *Agent.Status.values,
        *Task.Status.values,
        *Attempt.Status.values,
        *Approval.Status.values,
        *Cell.Status.values,
        *Message.Status.values,
        *Step.Outcome.values,
        *AttentionItem.Status.values,
        *AttentionItem.Kind.values,
        *DesiredState.values,
    }
    assert known - LOOKS.keys() == set()


def test_every_kind_of_entry_has_a_look() -> None:
    assert [kind for kind in Kind.values if look_of(shape_of(kind)) == UNKNOWN and shape_of(kind) not in LOOKS] == []


def test_every_shape_is_drawn() -> None:
    drawn = set(re.findall(r'id="shape-([a-z-]+)"', SHAPES.read_text()))
    assert {look.shape for look in LOOKS.values()} - drawn == set()
