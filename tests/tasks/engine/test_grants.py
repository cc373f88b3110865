"""Places and turns over all cells, as the database hands them out."""

from typing import Any

import pytest
from django.db import connection
from pytest_django import Settings

from agents.models import Provider
from agents.services.providers import change_provider
from tasks.engine.burial import bury_cell
from tasks.engine.grants import Granted, Wish, fair_share, hold_provider, read_holds, settle
from tasks.engine.orders import CellDeclaredDead
from tasks.engine.presence import open_cell
from tasks.models import Grant, Quota
from tests.agents.factories import OPERATOR, make_provider

pytestmark = pytest.mark.django_db


def limited(**limits: Any) -> Provider:
    return change_provider(actor=OPERATOR, provider=make_provider(), **limits)


def ask(cell_id: int, provider: Provider, **wish: Any) -> Granted:
    """Settle one wish: what waits is `waiting` questions of 100 tokens unless something else is said."""
    busy, waiting = wish.pop("busy", 0), wish.pop("waiting", 0)
    given = {"estimates": (100,) * waiting, **wish}
    return settle(cell_id, [Wish(provider.pk, busy, busy + waiting, waiting, **given)])[provider.pk]


def test_two_cells_share_the_places_and_never_have_more_than_there_are() -> None:
    provider, one, two = limited(total_concurrent=10), open_cell(10, 0), open_cell(10, 0)

    assert ask(one, provider, waiting=20).places == 10
    assert ask(two, provider, waiting=20).places == 0
    assert ask(one, provider, busy=7, waiting=13).places == 7  # its fair share is 5, but 7 calls are under way
    assert ask(two, provider, waiting=20).places == 3
    assert ask(one, provider, busy=2, waiting=18).places == 5
    assert ask(two, provider, busy=3, waiting=17).places == 5


def test_who_wants_little_leaves_the_rest_to_others() -> None:
    provider, one, two = limited(total_concurrent=10), open_cell(10, 0), open_cell(10, 0)

    ask(one, provider, waiting=2)

    assert ask(two, provider, waiting=20).places == 8


def test_what_a_dead_cell_held_is_free() -> None:
    provider, one, two = limited(total_concurrent=10), open_cell(10, 0), open_cell(10, 0)
    ask(one, provider, waiting=20)

    bury_cell(one, "it was killed")

    assert ask(two, provider, waiting=20).places == 10
    with pytest.raises(CellDeclaredDead):
        ask(one, provider, waiting=20)


def test_one_place_goes_round_between_two_cells() -> None:
    shares = [(fair_share(1, {2: 5}, 1, turn), fair_share(2, {1: 5}, 1, turn)) for turn in range(4)]

    assert {sum(pair) for pair in shares} == {1}
    assert {pair.index(1) for pair in shares} == {0, 1}


def test_the_shares_of_many_cells_add_up() -> None:
    wanted = {1: 3, 2: 50, 3: 50, 4: 50}

    shares = {cell: fair_share(cell, {n: w for n, w in wanted.items() if n != cell}, 40, 0) for cell in wanted}

    assert sum(min(wanted[cell], share) for cell, share in shares.items()) <= 40
    assert [shares[cell] for cell in (2, 3, 4)] in ([12, 13, 12], [13, 12, 12], [12, 12, 13])


def test_no_more_turns_than_requests_a_minute() -> None:
    provider, one, two = limited(requests_per_min=10), open_cell(10, 0), open_cell(10, 0)

    assert ask(one, provider, waiting=7).admitted == 7
    second = ask(two, provider, waiting=7)

    assert second.admitted == 3
    assert 60 < second.wait_s < 62


def test_turns_come_back_when_the_window_has_passed(settings: Settings) -> None:
    provider, cell = limited(requests_per_min=2), open_cell(10, 0)
    ask(cell, provider, waiting=2)
    settings.VICTOR_QUOTA_PATIENCE_S = 1000.0
    assert ask(cell, provider, waiting=1).admitted == 0

    spent = Quota.objects.get(pk=provider.pk)
    spent.spent = {str(int(slot) - 200): use for slot, use in spent.spent.items()}
    spent.save()

    assert ask(cell, provider, waiting=1).admitted == 1
    assert len(Quota.objects.get(pk=provider.pk).spent) == 1


def test_tokens_are_reckoned_before_and_corrected_after() -> None:
    provider, cell = limited(tokens_per_min=250), open_cell(10, 0)

    first = ask(cell, provider, waiting=3)
    assert first.admitted == 2
    assert ask(cell, provider, waiting=1).admitted == 0
    assert ask(cell, provider, waiting=1, corrections={first.slot: [0, -120]}).admitted == 1


def test_a_question_larger_than_the_limit_goes_alone() -> None:
    provider, cell = limited(tokens_per_min=250), open_cell(10, 0)

    assert ask(cell, provider, waiting=1, estimates=(9000,)).admitted == 1
    assert ask(cell, provider, waiting=1, estimates=(1,)).admitted == 0


def test_who_would_wait_long_leaves_with_a_turn_of_its_own() -> None:
    provider, cell = limited(requests_per_min=10), open_cell(10, 0)

    first = ask(cell, provider, waiting=15)
    second = ask(cell, provider, waiting=2)

    assert (first.admitted, first.leave, first.pace_s) == (10, 5, 6.0)
    assert "10 requests a minute" in first.why
    assert (second.wake_at - first.wake_at).total_seconds() == pytest.approx(5 * 6.0, abs=0.1)


def test_a_hold_is_for_all_cells_and_ends() -> None:
    provider, cell = limited(requests_per_min=1000), open_cell(10, 0)

    until = hold_provider(provider.pk, 30)

    assert hold_provider(provider.pk, 10) == until
    assert [pk for pk, _, _ in read_holds()] == [provider.pk]
    held = ask(cell, provider, waiting=3)
    assert (held.admitted, held.leave) == (0, 3)
    assert "left alone" in held.why
    Quota.objects.update(held_until=provider.created_at)
    assert read_holds() == []
    assert ask(cell, provider, waiting=3).admitted == 3


def test_a_limit_taken_away_leaves_nothing_behind() -> None:
    provider, cell = limited(total_concurrent=5), open_cell(10, 0)
    ask(cell, provider, waiting=20)

    change_provider(actor=OPERATOR, provider=provider, total_concurrent=0)
    granted = ask(cell, provider, waiting=20)

    assert (granted.places, granted.admitted, granted.is_windowed) == (20, 20, False)
    assert not Grant.objects.exists()


def test_the_database_says_what_time_it_is() -> None:
    """A host whose clock is wrong gets the same slot as all others."""
    provider, cell = limited(requests_per_min=5), open_cell(10, 0)

    slot = ask(cell, provider, waiting=1).slot

    with connection.cursor() as cursor:
        seconds = "strftime('%s', 'now')" if connection.vendor == "sqlite" else "extract(epoch from clock_timestamp())"
        cursor.execute(f"SELECT CAST({seconds} AS INTEGER)")
        assert abs(cursor.fetchone()[0] - slot / 2) <= 1.5
