"""Where schedules are played: a folder and a database each, copied from one that was prepared."""

import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import psycopg
from django.db import connection, connections

from victoros.ops.chaos.points import programs  # noqa: F401
from victoros.ops.chaos.points.stories import make_base

TEMPLATE = "template_points"
KEEP_BASE = """
CREATE SCHEMA base;
CREATE TABLE base.counters AS SELECT quote_ident(sequencename) AS name, coalesce(last_value, 1) AS value,
  last_value IS NOT NULL AS called FROM pg_sequences WHERE schemaname = 'public';
DO $$ DECLARE name text; BEGIN
  FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' LOOP
    EXECUTE format('CREATE TABLE base.%I AS TABLE public.%I', name, name);
  END LOOP;
END $$;
CREATE FUNCTION base.set_back() RETURNS void LANGUAGE plpgsql AS $$ DECLARE name text; BEGIN
  SET LOCAL session_replication_role = replica;  -- no order of foreign keys to heed
  FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' LOOP
    EXECUTE format('DELETE FROM public.%I', name);
    EXECUTE format('INSERT INTO public.%I SELECT * FROM base.%I', name, name);
  END LOOP;
  PERFORM setval(c.name::regclass, c.value, c.called) FROM base.counters c;
END $$;
"""
"""Keeps the rows as they are now beside the tables, with the way back to them."""


class Place(Protocol):
    """Makes and removes the databases of schedules, and leads a process to one of them."""

    def make(self, name: str) -> None: ...

    def remove(self, name: str) -> None: ...

    def enter(self, name: str) -> None:
        """Work on this database from now on. Called in a forked process that has no connection yet."""


@dataclass(frozen=True)
class Files:
    """SQLite: one file each."""

    folder: Path

    def make(self, name: str) -> None:
        """Copy the prepared file."""
        shutil.copyfile(self.folder / f"{TEMPLATE}.sqlite3", self.folder / f"{name}.sqlite3")

    def remove(self, name: str) -> None:
        """Remove the file and what SQLite keeps beside it."""
        for path in self.folder.glob(f"{name}.sqlite3*"):
            path.unlink()

    def enter(self, name: str) -> None:
        """Open the copy; nothing is synced: processes die here, never the machine."""
        given = connection.settings_dict
        given["NAME"] = str(self.folder / f"{name}.sqlite3")
        options = dict(given["OPTIONS"])
        options["init_command"] = options["init_command"].replace("synchronous=FULL", "synchronous=OFF")
        given["OPTIONS"] = options


@dataclass(frozen=True)
class Databases:
    """PostgreSQL: one database for each name, on a server that does not sync; set back to its beginning when it is made again."""

    url: str
    _made: set[str] = field(default_factory=set)

    def make(self, name: str) -> None:
        """Copy the prepared database, or set the copy back: a copy takes the server ten times as long."""
        if name in self._made:
            self._run(name, "SELECT base.set_back()")
            return
        self._run("postgres", f'CREATE DATABASE "{name}" TEMPLATE {TEMPLATE}')
        self._made.add(name)

    def remove(self, name: str) -> None:
        """Keep it for the next time; it goes with its server."""

    def enter(self, name: str) -> None:
        """Connect to the copy."""
        connection.settings_dict.update(settings_of(self._locate(name)))

    def _locate(self, name: str) -> str:
        return f"{self.url.rsplit('/', 1)[0]}/{name}"

    def _run(self, name: str, statement: str) -> None:
        with psycopg.connect(self._locate(name), autocommit=True) as server:
            server.execute(statement.encode())


def settings_of(url: str) -> dict[str, Any]:
    """Return the settings of Django that lead to a PostgreSQL database."""
    facts = psycopg.conninfo.conninfo_to_dict(url)
    return {
        "NAME": facts["dbname"],
        "USER": facts["user"],
        "PASSWORD": facts["password"],
        "HOST": facts["host"],
        "PORT": facts["port"],
    }


def prepare(place: Place) -> None:
    """Fill the database that is copied. Called in a forked process of its own."""
    from django.core.management import call_command

    place.enter(TEMPLATE)
    call_command("migrate", verbosity=0)
    make_base()
    with connection.cursor() as cursor:
        cursor.execute(KEEP_BASE if connection.vendor == "postgresql" else "PRAGMA wal_checkpoint(TRUNCATE)")
    connections.close_all()
