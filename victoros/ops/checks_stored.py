"""Checks of the settings and of what is stored."""

from datetime import UTC, datetime

from victoros.ops.checkup import Verdict, check, fail, ok, warn
from victoros.ops.django_setup import load_django

LONGEST_DRIFT_S = 2.0


@check("settings")
def check_settings() -> Verdict:
    """The settings can be read, and Django's own checks have nothing to say."""
    load_django()
    from django.core.checks import run_checks

    found = [message for message in run_checks() if not message.is_silenced()]
    if not found:
        return ok("complete")
    worst = max(found, key=lambda message: message.level)
    verdict = fail if worst.is_serious() else warn
    return verdict(str(worst.msg), str(worst.hint or "Run .venv/bin/python manage.py check for the details."))


def is_loaded() -> bool:
    """Tell whether the settings could be read, so that the other checks make sense."""
    from django.apps import apps

    return apps.ready


@check("database")
def check_database() -> Verdict:
    """The database answers and is set to keep what it was given."""
    from django.db import connection

    name = connection.settings_dict["NAME"]
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("PRAGMA journal_mode")
            mode = cursor.fetchone()[0]
            if mode != "wal":
                return warn(
                    f"SQLite's journal mode is {mode}", "Keep the home on a local disk: SQLite needs its locks."
                )
            return ok(f"SQLite, {name}")
        cursor.execute("SELECT current_setting('synchronous_commit'), current_setting('server_version')")
        mode, version = cursor.fetchone()
    if mode == "off":
        return warn("synchronous_commit is off", "Set it to on: a power cut would lose finished work.")
    return ok(f"PostgreSQL {version}, database {name}")


@check("migrations")
def check_migrations() -> Verdict:
    """All migrations were applied."""
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if plan:
        return warn(f"{len(plan)} not applied, first {plan[0][0]}", "Start ./victor up, which applies them.")
    return ok("all applied")


@check("clock")
def check_clock() -> Verdict:
    """This machine and the database agree about the time."""
    from victoros.lib.clock import database_now

    drift_s = (datetime.now(UTC) - database_now()).total_seconds()
    text = f"{abs(drift_s):.1f} s {'ahead of' if drift_s > 0 else 'behind'} the database"
    if abs(drift_s) > LONGEST_DRIFT_S:
        return warn(text, "Keep both clocks right with NTP; leases use the database's clock, times shown may differ.")
    return ok(text)
