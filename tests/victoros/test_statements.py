"""Plain SQL through one door: several statements share a way, and an error among them changes nothing."""

from contextlib import suppress

import pytest
from django.db import (
    DatabaseError,
    DataError,
    IntegrityError,
    InterfaceError,
    OperationalError,
    connection,
    transaction,
)
from django.test.utils import CaptureQueriesContext

from audit.models import Topic
from victoros.lib.postgres import pipeline
from victoros.lib.statements import (
    among,
    ask,
    change,
    each_text,
    fetch,
    given,
    numbers_given,
    tell,
    tell_each,
    texts_given,
)

pytestmark = pytest.mark.django_db(transaction=True)
postgres_only = pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite answers at once")

INSERT = "INSERT INTO audit_topic (name, version) VALUES (%s, %s)"


def tell_together(*told: tuple[object, ...]) -> None:
    with transaction.atomic():
        for statement, *values in told:
            tell(str(statement), *values)


def names() -> list[str]:
    return sorted(Topic.objects.values_list("name", flat=True))


def test_what_was_told_is_seen_by_the_next_query_and_kept_by_the_commit() -> None:
    with transaction.atomic():
        tell(INSERT, "a", 1)
        tell_each(INSERT, [("b", 1), ("c", 1)])
        assert names() == ["a", "b", "c"]
        tell(INSERT, "d", 1)
    assert names() == ["a", "b", "c", "d"]


def test_rows_are_gone_through_in_pieces_after_something_was_told() -> None:
    with transaction.atomic():
        tell_each(INSERT, [(f"topic {n}", 1) for n in range(5)])
        found = [topic.version for topic in Topic.objects.order_by("name").iterator(chunk_size=2)]
        tell(INSERT, "last", 1)
    assert found == [1] * 5
    assert len(names()) == 6


def test_answers_can_be_read_in_any_order_and_after_the_commit() -> None:
    with transaction.atomic():
        first, second = ask(f"{INSERT} RETURNING name", "a", 1), ask("SELECT count(*) FROM audit_topic")
        third = ask("UPDATE audit_topic SET version = version + 1")
        assert (second.rows, first.rows) == ([(1,)], [("a",)])
        last = ask("SELECT version FROM audit_topic")
    assert (third.count, last.rows) == (1, [(2,)])


def test_outside_of_a_transaction_everything_is_done_at_once() -> None:
    tell(INSERT, "a", 1)
    connection.close()
    assert names() == ["a"]
    assert change("UPDATE audit_topic SET version = %s WHERE name = %s", 7, "a") == 1
    assert fetch("SELECT name, version, NULL, '%%' FROM audit_topic") == [("a", 7, None, "%")]


def test_an_error_of_what_was_told_ends_the_transaction_and_nothing_is_kept() -> None:
    with pytest.raises(IntegrityError):
        tell_together((INSERT, "a", 1), (INSERT, "a", 1), (INSERT, "b", 1))
    assert names() == []
    tell(INSERT, "b", 1)
    assert names() == ["b"]


def test_an_error_in_an_inner_transaction_leaves_the_outer_one_as_it_was() -> None:
    with transaction.atomic():
        tell(INSERT, "a", 1)
        with pytest.raises(IntegrityError):
            tell_together((INSERT, "b", 1), (INSERT, "a", 1))
        tell(INSERT, "c", 1)
    assert names() == ["a", "c"]


def test_numbers_and_texts_go_as_tables() -> None:
    with transaction.atomic():
        tell(f"INSERT INTO audit_topic (name, version) SELECT value, 1 FROM {each_text()}", texts_given(["b'", "a,}"]))
    rows, numbers = numbers_given([(1, 10), (2, 20)])
    assert fetch(f"WITH v(a, b) AS ({rows}) SELECT b, a FROM v ORDER BY a", *numbers) == [(10, 1), (20, 2)]
    assert names() == ["a,}", "b'"]
    assert fetch(f"SELECT count(*) FROM audit_topic WHERE {among('version')}", given([1, 3])) == [(2,)]
    assert fetch(f"SELECT count(*) FROM audit_topic WHERE {among('version')}", given([])) == [(0,)]


def test_statements_are_counted_like_all_others() -> None:
    with CaptureQueriesContext(connection) as queries, transaction.atomic():
        tell(INSERT, "a", 1)
        names()
    assert [query["sql"].split()[0] for query in queries if "audit_topic" in query["sql"]] == ["INSERT", "SELECT"]


@postgres_only
def test_a_statement_that_was_skipped_after_an_error_is_prepared_anew() -> None:
    for _ in range(2):
        with pytest.raises(DatabaseError):
            tell_together(("SELECT nonsense",), ("SELECT 41 + %s::int", 1))
    assert fetch("SELECT 41 + %s::int", 1) == [(42,)]


@postgres_only
def test_an_answer_after_the_error_says_that_it_was_not_run() -> None:
    with suppress(IntegrityError), transaction.atomic():
        tell_each(INSERT, [("a", 1), ("a", 1)])
        skipped = ask("SELECT 1")
    with pytest.raises(InterfaceError, match="not run"):
        _ = skipped.rows


@postgres_only
def test_prepared_statements_are_bounded_and_plans_grow_old(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pipeline, "MOST_PREPARED", 3)
    monkeypatch.setattr(pipeline, "REPLAN_S", 0.0)
    for n in range(8):
        assert fetch(f"SELECT {n}") == [(n,)]
    assert fetch("SELECT count(*) <= 3 FROM pg_prepared_statements") == [(True,)]


@postgres_only
def test_a_text_that_cannot_be_stored_is_refused_and_others_go_on() -> None:
    with transaction.atomic():
        with pytest.raises(DataError, match="NUL"):
            tell(INSERT, "a\x00b", 1)
        with pytest.raises(TypeError, match="set cannot be sent"):
            tell(INSERT, {1}, 1)
        tell(INSERT, "ab", 1)
    assert names() == ["ab"]


@postgres_only
def test_a_broken_connection_shows_when_an_answer_is_read_and_the_next_query_has_a_new_one() -> None:
    with pytest.raises(OperationalError):
        tell_together((INSERT, "a", 1), ("SELECT pg_terminate_backend(pg_backend_pid())",))
    connection.close()
    assert names() == []
