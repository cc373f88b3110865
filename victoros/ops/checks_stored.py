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

    from victoros.lib.disk import find_full

    name = connection.settings_dict["NAME"]
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("PRAGMA journal_mode")
            mode = cursor.fetchone()[0]
            if mode != "wal":
                return warn(
                    f"SQLite's journal mode is {mode}", "Keep the home on a local disk: SQLite needs its locks."
                )
            full = find_full()
            if full is not None:
                return fail(f"the disk is full: {full[1]} MB left at {full[0]}", "Free some space; nothing is stored.")
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
    unknown = sorted(set(executor.loader.applied_migrations) - set(executor.loader.disk_migrations))
    if unknown:
        return fail(f"the database is newer than this program: {'.'.join(unknown[-1])}", "Update Victor.os here.")
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


@check("counts")
def check_counts() -> Verdict:
    """The counts of tasks and the sums of what swarms spent, which pages show, are those of the rows."""
    from django.db import connection

    from tasks.models import SwarmSpend, TaskTally
    from tasks.services.spending import count_wrong
    from tasks.tallies import find_wrong

    tables = connection.introspection.table_names()
    if not {TaskTally._meta.db_table, SwarmSpend._meta.db_table} <= set(tables):
        return ok("nothing is counted yet")
    wrong, sums = find_wrong(), count_wrong()
    if wrong or sums:
        said = f"{len(wrong)} counts of tasks and {sums} sums of what swarms spent are wrong"
        return warn(said, "Run ./victor tidy, which counts them anew.")
    return ok("counts and sums are those of the rows")


@check("search")
def check_search() -> Verdict:
    """Every task is found by the words of its title."""
    from django.db import connection

    from tasks.models import TaskTitle
    from tasks.titles import count_forgotten

    if TaskTitle._meta.db_table not in connection.introspection.table_names():
        return ok("there is nothing to search yet")
    forgotten = count_forgotten()
    if forgotten:
        return warn(f"{forgotten} tasks are not found by their titles", "Run ./victor tidy, which adds them.")
    return ok("every task is found by its title")
