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

    found = run_checks()
    broken = [message for message in found if message.is_serious()]
    if broken:
        return fail(str(broken[0].msg), str(broken[0].hint or "Run manage.py check for the details."))
    return warn(str(found[0].msg), str(found[0].hint or "")) if found else ok("complete")


@check("database")
def check_database() -> Verdict:
    """The database answers and is set to keep what it was given."""
    from django.db import connection

    with connection.cursor() as cursor:
        if connection.vendor != "sqlite":
            cursor.execute("SHOW synchronous_commit")
            mode = cursor.fetchone()[0]
            if mode == "off":
                return warn("synchronous_commit is off", "Set it to on: a power cut would lose finished work.")
            return ok(f"PostgreSQL {connection.pg_version // 10000}, database {connection.settings_dict['NAME']}")
        cursor.execute("PRAGMA journal_mode")
        mode = cursor.fetchone()[0]
        if mode != "wal":
            return warn(f"SQLite's journal mode is {mode}", "Use a local disk: network disks cannot hold SQLite safely.")
        return ok(f"SQLite, {connection.settings_dict['NAME']}")


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
