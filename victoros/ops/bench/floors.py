"""Floors: what the same database and the same disk do bare, measured in the same run."""

import os
import sqlite3
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import psycopg

COMMITS, ROWS = 300, 100


def commits_per_second() -> float:
    """Insert one row a transaction, one after the other, durably, without any framework."""
    return _measure(1)[0]


def cpu_ms_a_row() -> float:
    """Return this process's milliseconds of processor for a row, where a hundred share a durable commit, without any framework."""
    return _measure(ROWS)[1]


def _measure(rows: int) -> tuple[float, float]:
    """Return rows a second and milliseconds of processor a row; medians of three."""
    with _inserting(rows) as insert:
        found = [_measure_once(insert, rows) for _ in range(3)]
    return statistics.median(rate for rate, _ in found), statistics.median(cpu for _, cpu in found)


def _measure_once(insert: Callable[[], object], rows: int) -> tuple[float, float]:
    began, cpu = time.perf_counter(), time.process_time()
    for _ in range(COMMITS):
        insert()
    took, used = time.perf_counter() - began, time.process_time() - cpu
    return COMMITS * rows / took, used * 1000 / (COMMITS * rows)


@contextmanager
def _inserting(rows: int) -> Iterator[Callable[[], object]]:
    """Yield what inserts so many rows and commits them."""
    url = os.environ["VICTOR_DATABASE_URL"]
    texts = [("x" * 200,)] * rows
    if url.startswith("sqlite"):
        with closing(_open_sqlite()) as lite:
            yield lambda: _insert_into_sqlite(lite, texts)
    else:
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("CREATE TABLE IF NOT EXISTS floor (id bigserial PRIMARY KEY, text text)")
            statement = f"INSERT INTO floor (text) VALUES {', '.join(['(%s)'] * rows)}"  # nosec B608: no value in it
            values = [text for (text,) in texts]
            yield lambda: connection.execute(statement, values)


def _open_sqlite() -> sqlite3.Connection:
    connection = sqlite3.connect(Path(os.environ["VICTOR_HOME"]) / "floor.sqlite3", isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("CREATE TABLE IF NOT EXISTS floor (id INTEGER PRIMARY KEY, text TEXT)")
    return connection


def _insert_into_sqlite(connection: sqlite3.Connection, texts: list[tuple[str]]) -> None:
    connection.execute("BEGIN IMMEDIATE")
    connection.executemany("INSERT INTO floor (text) VALUES (?)", texts)
    connection.execute("COMMIT")
