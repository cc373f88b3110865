"""PostgreSQL that does not answer: no wait is without end, and the next query has a new connection."""

import time

import pytest
from django.conf import settings
from django.db import OperationalError, connection

from tests.running import wait_until

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has no server"),
]


def ask(seconds: float) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_sleep(%s)", [seconds])


def asleep() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep'")
        return int(cursor.fetchone()[0])


def test_an_answer_that_does_not_come_ends_the_connection() -> None:
    ask(0)
    connection.connection.wait_s = 0.2
    began = time.monotonic()
    with pytest.raises(OperationalError, match=r"did not answer within 0\.2 s"):
        ask(30)
    assert time.monotonic() - began < 20
    assert connection.connection.closed
    connection.close()
    wait_until(lambda: asleep() == 0)  # the server has noticed, too


def test_a_closed_connection_is_found_unusable_and_replaced() -> None:
    ask(0)
    connection.connection.close()
    assert not connection.is_usable()
    connection.close()
    ask(0)


def test_changing_tables_takes_as_long_as_it_takes() -> None:
    with connection.schema_editor():
        assert connection.connection.wait_s is None
    connection.close()
    ask(0)
    assert connection.connection.wait_s == settings.VICTOR_DATABASE_WAIT_S > 0
