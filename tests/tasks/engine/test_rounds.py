"""Which parts of a round are due, and that what found something is asked again at once."""

from types import SimpleNamespace

import pytest

from tasks.engine import rounds
from tasks.engine.reconciler import reconcile
from tasks.engine.rounds import BURYING, PARTS, SELDOM, SELDOM_ROUNDS, Rota
from tasks.engine.trust import Trust

pytestmark = pytest.mark.django_db


@pytest.fixture
def seconds(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The clock of the rota, as a list of one."""
    now = [1000.0]
    monkeypatch.setattr(rounds, "time", SimpleNamespace(monotonic=lambda: now[0]))
    return now


@pytest.fixture(autouse=True)
def parts_that_find_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in PARTS:
        monkeypatch.setitem(PARTS, name, lambda: 0)


def test_the_first_round_has_every_part() -> None:
    assert set(reconcile(rota=Rota())) == set(PARTS)


def test_the_next_one_leaves_out_what_is_looked_for_seldom(seconds: list[float]) -> None:
    rota = Rota()
    reconcile(rota=rota)
    assert set(reconcile(rota=rota)) == set(PARTS) - SELDOM


def test_all_are_due_again_after_some_rounds(seconds: list[float], settings: SimpleNamespace) -> None:
    settings.VICTOR_RECONCILE_S = 2.0
    rota = Rota()
    reconcile(rota=rota)
    seconds[0] += SELDOM_ROUNDS * 2.0 - 0.1
    assert not SELDOM & set(reconcile(rota=rota))
    seconds[0] += 0.1
    assert set(reconcile(rota=rota)) == set(PARTS)


def test_what_found_something_is_done_in_the_next_round_too(
    seconds: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    left = [500, 20, 0]
    monkeypatch.setitem(PARTS, "mail_expired", lambda: left.pop(0))
    rota = Rota()
    counts = [reconcile(rota=rota).get("mail_expired") for _ in range(4)]
    assert counts == [500, 20, 0, None]


def test_nobody_is_buried_while_silence_means_nothing() -> None:
    assert BURYING not in reconcile(Trust(), Rota())


def test_a_part_that_raises_is_due_again(seconds: list[float], monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> int:
        raise RuntimeError("on purpose")

    rota = Rota()
    monkeypatch.setitem(PARTS, "mail_expired", fail)
    with pytest.raises(RuntimeError, match="on purpose"):
        reconcile(rota=rota)
    monkeypatch.setitem(PARTS, "mail_expired", lambda: 3)
    assert reconcile(rota=rota)["mail_expired"] == 3
