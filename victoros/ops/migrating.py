"""Brings the database up to date, in a process of its own so that the supervisor never holds a connection."""

import sys


def migrate() -> None:
    """Apply missing migrations; end with code 1 and one line if the database cannot be used."""
    from django.core.management import call_command
    from django.db import DatabaseError, connection
    from django.db.migrations.executor import MigrationExecutor

    try:
        executor = MigrationExecutor(connection)
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            call_command("migrate", interactive=False, verbosity=1)
    except DatabaseError as error:
        print(" ".join(str(error).split()))
        sys.exit(1)
