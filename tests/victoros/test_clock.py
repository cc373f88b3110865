"""The database's clock counts, whatever this machine's says."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from victoros.lib import clock

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def forget_difference(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "_ahead", timedelta())


@pytest.fixture(params=[-3600, 3600], ids=["an hour behind", "an hour ahead"])
def wrong_by(request: pytest.FixtureRequest) -> Iterator[timedelta]:
    """A machine whose clock is wrong; the database's is not."""
    shift = timedelta(seconds=request.param)
    with time_machine.travel(datetime.now(UTC) + shift, tick=True):
        yield shift


def test_a_wrong_clock_is_put_right_by_the_databases(wrong_by: timedelta) -> None:
    assert abs(clock.now() - clock.database_now()) > timedelta(minutes=50)
    assert abs(clock.agree() + wrong_by) < timedelta(seconds=5)
    assert abs(clock.now() - clock.database_now()) < timedelta(seconds=5)


def test_clocks_that_agree_are_left_alone() -> None:
    assert clock.agree() == timedelta()


def test_a_clock_that_was_put_right_by_hand_is_believed_again(wrong_by: timedelta) -> None:
    clock.agree()
    with time_machine.travel(datetime.now(UTC) - wrong_by, tick=True):
        clock.agree()
        assert abs(clock.now() - clock.database_now()) < timedelta(seconds=5)
