"""The fast way to insert rows writes what the slow way would."""

import pytest
from django.utils import timezone

from audit.models import Entry
from victoros.lib.inserting import ROWS_AT_ONCE, insert_rows

pytestmark = pytest.mark.django_db


def entry(n: int, detail: object = None) -> Entry:
    return Entry(
        kind="test.done", actor_kind="system", actor_name="é'\"\\%s", object_kind="task", object_ref=n, detail=detail
    )


def test_rows_come_back_as_they_went_in_and_in_order() -> None:
    at, number = timezone.now(), ROWS_AT_ONCE + 5
    given = [Entry(at=at, **{**vars_of(entry(n)), "detail": {"n": n, "text": "ü"}}) for n in range(number)]
    ids = insert_rows(Entry, given)
    rows = Entry.objects.in_bulk(ids)
    assert [rows[pk].detail for pk in ids] == [{"n": n, "text": "ü"} for n in range(number)]
    assert {(row.at, row.actor_name, row.actor_ref, row.swarm_ref) for row in rows.values()} == {
        (at, "é'\"\\%s", None, None)
    }


def test_nothing_costs_nothing(django_assert_num_queries: object) -> None:
    with django_assert_num_queries(0):  # type: ignore[operator]
        assert insert_rows(Entry, []) == []


def test_what_is_no_json_is_refused() -> None:
    with pytest.raises(TypeError):
        insert_rows(Entry, [entry(1, {"what": object()})])


def vars_of(row: Entry) -> dict[str, object]:
    return {name: getattr(row, name) for name in ("kind", "actor_kind", "actor_name", "object_kind", "object_ref")}
