"""Floors: what the same database and the same disk do bare, measured in the same run."""

import os
import sqlite3
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import psycopg

COMMITS = 300


def commits_per_second() -> float:
    """Insert one row a transaction, one after the other, durably, without any framework."""
    url = os.environ["VICTOR_DATABASE_URL"]
    return _on_sqlite() if url.startswith("sqlite") else _on_postgres(url)


def _on_sqlite() -> float:
    path = Path(os.environ["VICTOR_HOME"]) / "floor.sqlite3"
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("CREATE TABLE IF NOT EXISTS floor (id INTEGER PRIMARY KEY, text TEXT)")

    def insert() -> None:
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("INSERT INTO floor (text) VALUES (?)", ("x" * 200,))
        connection.execute("COMMIT")

    rate = _measure(insert)
    connection.close()
    return rate


def _on_postgres(url: str) -> float:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS floor (id bigserial PRIMARY KEY, text text)")

        def insert() -> None:
            connection.execute("INSERT INTO floor (text) VALUES (%s)", ("x" * 200,))

        return _measure(insert)


def _measure(insert: Callable[[], None]) -> float:
    rates = []
    for _ in range(3):
        began = time.perf_counter()
        for _ in range(COMMITS):
            insert()
        rates.append(COMMITS / (time.perf_counter() - began))
    return statistics.median(rates)
