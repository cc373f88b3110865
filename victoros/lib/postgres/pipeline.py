"""Statements sent to PostgreSQL without waiting for each answer: many of them share one way there and back.

It speaks to libpq below psycopg, whose own pipeline takes several times the processor time for each statement and waits where a
transaction begins. Every statement is prepared, so its text should be constant: what varies belongs into its values.
"""

import re
import time
from collections import deque
from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg import generators
from psycopg.abc import PQGen
from psycopg.adapt import Transformer
from psycopg.pq import ExecStatus
from psycopg.pq.abc import PGresult

if TYPE_CHECKING:
    from victoros.lib.postgres.base import PatientConnection

MOST_PREPARED = 300
"""Texts a session keeps prepared; then it begins anew."""
REPLAN_S = 10.0
"""How old a plan may grow: one made while a table was small must not outlive its growth."""


class Sent:
    """A statement on its way; `result` is None until its answer is read."""

    __slots__ = ("result",)

    def __init__(self) -> None:
        self.result: PGresult | None = None


class Pipeline:
    """The statements under way on one connection. In between, psycopg may use it as always: see `leave`."""

    def __init__(self, connection: "PatientConnection") -> None:
        self._connection, self._server = connection, connection.pgconn
        self._loading = Transformer(connection)
        self._names: dict[str, bytes] = {}
        self._made = 0
        self._must_forget = False
        self._planned = time.monotonic()
        self._sent = deque[Sent]()
        self._is_on = self._is_open = False
        """Whether the connection is in libpq's pipeline mode, and whether it was used there since it was last in step."""

    def send(self, statement: str, values: Sequence[Any] = ()) -> Sent:
        """Send a statement of Django's style of placeholders, `%s`."""
        given = [_encode(value) for value in values]
        self._enter()
        if time.monotonic() - self._planned > REPLAN_S:
            self._planned = time.monotonic()
            self._order(b"DISCARD PLANS")
        name = self._names.get(statement) or self._prepare(statement)
        self._server.send_query_prepared(name, given)
        return self._await()

    def read(self, sent: Sent) -> list[tuple[Any, ...]]:
        """Return the rows of a statement that was answered."""
        result = _answered(sent)
        self._loading.set_pgresult(result)
        return self._loading.load_rows(0, result.ntuples, tuple)

    def count(self, sent: Sent) -> int:
        """Return how many rows a statement that was answered found or changed."""
        return _answered(sent).command_tuples or 0

    def catch_up(self, *, sync: bool) -> None:
        """Wait until everything sent is answered; raises the first error.

        `sync` also ends the transaction that statements outside of any form together.
        """
        if self._sent or (sync and self._is_open):
            self._connection.wait_for(self._collect(sync))

    def commit(self) -> bool:
        """Commit what was sent, on the same way; False if nothing of the transaction is under way here."""
        if not self._is_open:
            return False
        self._order(b"COMMIT")
        self.catch_up(sync=True)
        return True

    def leave(self) -> None:
        """Give the connection back to psycopg, once everything sent is answered; raises the first error."""
        if not self._is_on:
            return
        try:
            self.catch_up(sync=True)
        finally:
            if not self._connection.closed:
                self._server.exit_pipeline_mode()
            self._is_on = False

    def _enter(self) -> None:
        if not self._is_on:
            self._server.enter_pipeline_mode()
            self._is_on = True
        self._is_open = True

    def _await(self) -> Sent:
        sent = Sent()
        self._sent.append(sent)
        return sent

    def _prepare(self, statement: str) -> bytes:
        if self._must_forget or len(self._names) >= MOST_PREPARED:
            self._names.clear()
            self._must_forget = False
            self._order(b"DEALLOCATE ALL")
        self._made += 1
        name = self._names[statement] = f"victor_{self._made}".encode()
        self._server.send_prepare(name, _numbered(statement))
        self._await()
        return name

    def _order(self, command: bytes) -> None:
        self._server.send_query_params(command, None)
        self._await()

    def _collect(self, sync: bool) -> PQGen[None]:
        """Read the answers, and after an error get into step with the server, which has skipped the rest."""
        if sync:
            self._server.pipeline_sync()
        else:
            self._server.send_flush_request()
        yield from generators.send(self._server)
        failed = None
        while self._sent:
            [result] = yield from generators.fetch_many(self._server)
            self._sent.popleft().result = result
            if failed is None and result.status == ExecStatus.FATAL_ERROR:
                failed = result
        if failed is not None and not sync:
            self._server.pipeline_sync()
            yield from generators.send(self._server)
        if sync or failed is not None:
            yield from generators.fetch_many(self._server)
            self._is_open = False
        if failed is not None:
            self._must_forget = True  # nobody knows which of the names the server came to hear
            self._names.clear()
            raise psycopg.errors.error_from_result(failed, encoding=self._connection.info.encoding)


def _answered(sent: Sent) -> PGresult:
    if sent.result is None or sent.result.status not in (ExecStatus.TUPLES_OK, ExecStatus.COMMAND_OK):
        raise psycopg.InterfaceError("the statement was not run, because one before it failed")
    return sent.result


@lru_cache(maxsize=1000)
def _numbered(statement: str) -> bytes:
    """Return a statement with PostgreSQL's own placeholders."""
    parts = re.split("%s", statement)
    numbered = "".join(f"{part}${n}" for n, part in enumerate(parts[:-1], 1)) + parts[-1]
    return numbered.replace("%%", "%").encode()


def _encode(value: Any) -> bytes | None:
    """Return a value as text, of which the server finds out the type."""
    if value is None:
        return None
    if isinstance(value, str):
        if "\x00" in value:
            raise psycopg.DataError("PostgreSQL text fields cannot contain NUL (0x00) bytes")
        return value.encode()
    if isinstance(value, bool | int | float):
        return str(value).encode()
    if isinstance(value, datetime):
        return value.isoformat().encode()
    raise TypeError(f"a {type(value).__name__} cannot be sent")
