"""The backend itself: Django's, on connections that do not wait for ever.

The kernel finds a dead peer (`tcp_user_timeout`), the server ends a lasting statement; neither helps when the server is frozen,
or when something between takes what is sent and delivers nothing.
"""

from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import cached_property
from types import SimpleNamespace
from typing import Any, TypeVar

import psycopg
from django.conf import settings
from django.db.backends.postgresql import base
from psycopg.errors import _WaitTimeout

from victoros.lib.postgres.pipeline import Pipeline, Sent

R = TypeVar("R")
USABLE_S = 2.0
"""How long a connection kept from before may take to show that it still works."""


class PatientConnection(psycopg.Connection[Any]):
    """Waits `wait_s` seconds for each answer and is closed then, as nobody knows how far the server has come.

    It is used in two ways, in turn: psycopg's own, and `under_way`. Who takes the other way first waits for what went before.
    """

    wait_s: float | None = None
    """None waits as long as it takes."""

    @cached_property
    def under_way(self) -> Pipeline:
        """Statements that need not be waited for one by one."""
        return Pipeline(self)

    def wait(self, gen: Any, interval: float = 0.1, timeout: float | None = None) -> Any:
        """Wait for what psycopg does; raises `OperationalError` when the server does not answer in time."""
        self.under_way.leave()
        return self.wait_for(gen, interval, timeout)

    def wait_for(self, gen: Any, interval: float = 0.1, timeout: float | None = None) -> Any:
        """Wait for anything."""
        if timeout is not None or self.wait_s is None:
            return super().wait(gen, interval, timeout)
        try:
            return super().wait(gen, interval, self.wait_s)
        except _WaitTimeout as error:
            self.pgconn.finish()
            raise psycopg.OperationalError(f"the server did not answer within {self.wait_s:g} s") from error

    def commit(self) -> None:
        """Commit, together with what is under way."""
        if not self.under_way.commit():
            super().commit()

    def rollback(self) -> None:
        """Roll back; what became of statements under way is of no interest any more."""
        with suppress(psycopg.Error):
            self.under_way.leave()
        super().rollback()


class Pending:
    """The answer to a statement sent through the pipeline. Reading it waits, and raises the first error among all sent so far."""

    def __init__(self, database: "DatabaseWrapper", sent: Sent) -> None:
        self._database, self._sent = database, sent
        self._pipeline: Pipeline = database.connection.under_way

    @property
    def rows(self) -> list[tuple[Any, ...]]:
        """The rows it returned."""
        return self._read(self._pipeline.read)

    @property
    def count(self) -> int:
        """How many rows it found or changed."""
        return self._read(self._pipeline.count)

    def _read(self, read: Callable[[Sent], R]) -> R:
        with self._database.wrap_database_errors:
            if self._sent.result is None:
                self._pipeline.catch_up(sync=not self._database.in_atomic_block)
            return read(self._sent)


class DatabaseWrapper(base.DatabaseWrapper):
    """Opens patient connections, asks kept ones briefly whether they work, and begins transactions in their pipeline."""

    Database: Any = SimpleNamespace(**{**vars(psycopg), "connect": PatientConnection.connect})
    """As Django's, but for the class of a connection."""

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        """Connect; from then on every answer has its time."""
        connection = super().get_new_connection(conn_params)
        connection.wait_s = settings.VICTOR_DATABASE_WAIT_S or None
        return connection

    def ask(self, statement: str, values: Sequence[Any]) -> Pending:
        """Send a statement through the pipeline: it goes out when somebody reads its answer or one after it, or with the commit."""
        self.validate_no_broken_transaction()
        self.close_if_health_check_failed()
        if self.connection is None:
            self.ensure_connection()
        if self.queries_logged:
            self.queries_log.append({"sql": statement, "time": "0.000"})
        with self.wrap_database_errors:
            return Pending(self, self.connection.under_way.send(statement, values))

    def create_cursor(self, name: str | None = None) -> Any:
        """Open a cursor. One that stays on the server (`iterator`) refuses to work in a pipeline, so that is left."""
        if name:
            self.connection.under_way.leave()
        return super().create_cursor(name)

    def _start_transaction_under_autocommit(self) -> None:
        """Begin a transaction, as Django wants it where the driver does not; the statement waits for company."""
        with self.wrap_database_errors:
            self.connection.under_way.catch_up(sync=True)
            self.connection.under_way.send("BEGIN")

    def _set_autocommit(self, autocommit: bool) -> None:
        """Tell psycopg, to whom a transaction that was begun here makes no difference."""
        if self.connection.autocommit != autocommit:
            super()._set_autocommit(autocommit)  # type: ignore[misc]  # django-stubs leave it out

    def is_usable(self) -> bool:
        """Tell whether the connection still works, quickly."""
        connection = self.connection
        if connection is None:
            return False
        usual, connection.wait_s = connection.wait_s, USABLE_S
        try:
            return bool(super().is_usable())
        finally:
            connection.wait_s = usual

    def schema_editor(self, *args: Any, **kwargs: Any) -> Any:
        """Change tables for as long as that takes."""
        self.ensure_connection()
        self.connection.wait_s = None
        return super().schema_editor(*args, **kwargs)
