"""Silence means death only after the database was seen to work for a while."""

import pytest
from django.db import OperationalError
from pytest_django import Settings

from tasks.engine import trust as module
from tasks.engine.trust import Trust


class Clock:
    def __init__(self) -> None:
        self.s = 1000.0

    def __call__(self) -> float:
        return self.s


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> Clock:
    settings.VICTOR_HEARTBEAT_S, settings.VICTOR_LEASE_S, settings.VICTOR_RECONCILE_S = 2.0, 10.0, 2.0
    clock = Clock()
    monkeypatch.setattr(module, "elapsed_s", clock)
    return clock


def look(trust: Trust, clock: Clock, *, after_s: float = 2.0, works: bool = True) -> bool:
    clock.s += after_s
    try:
        with trust.watch():
            if not works:
                raise OperationalError
    except OperationalError:
        assert not works
    return trust.is_enough


def test_it_takes_three_heartbeats_to_begin_with(clock: Clock) -> None:
    trust = Trust()
    assert [look(trust, clock) for _ in range(4)] == [False, False, False, True]


def test_it_is_lost_when_the_database_does_not_answer(clock: Clock) -> None:
    trust = Trust()
    for _ in range(4):
        look(trust, clock)
    assert not look(trust, clock, works=False)
    assert [look(trust, clock) for _ in range(4)] == [False, False, False, True]


def test_it_is_lost_when_nobody_looked_for_long(clock: Clock) -> None:
    trust = Trust()
    for _ in range(4):
        look(trust, clock)
    assert not look(trust, clock, after_s=3600)
    assert [look(trust, clock) for _ in range(3)] == [False, False, True]


def test_a_long_round_is_no_gap_while_its_parts_are_carried_out(clock: Clock) -> None:
    trust = Trust()
    for _ in range(4):
        look(trust, clock)
        for _ in range(3):
            clock.s += 4
            trust.note()
    assert look(trust, clock)
    clock.s += 6
    trust.note()
    assert not trust.is_enough
