"""PostgreSQL from its wheel."""

import psycopg
import pytest

from victoros.ops.postgres import running_postgres


@pytest.mark.parametrize(("durable", "fsync"), [(True, "on"), (False, "off")])
def test_a_server_runs_for_the_block_and_keeps_its_promise_about_the_disk(durable: bool, fsync: str) -> None:
    with running_postgres(durable=durable) as url, psycopg.connect(url) as connection:
        facts = connection.execute("SELECT current_setting('fsync'), current_setting('synchronous_commit')").fetchone()
    assert facts == (fsync, "on")
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(url, connect_timeout=2)


def test_nobody_gets_in_without_the_password() -> None:
    with running_postgres(durable=False) as url, pytest.raises(psycopg.OperationalError, match="password"):
        psycopg.connect(url.replace(url.split(":")[2].split("@")[0], "wrong"))
