"""Makes the world of one fault run, runs it, judges it, and takes everything down again."""

import os
import pkgutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from victoros.ops.bench.scratch import scratch_environment
from victoros.ops.chaos import runs
from victoros.ops.chaos.plan import Plan
from victoros.ops.chaos.processes import running_outside
from victoros.ops.chaos.small_disk import SmallDisk, mounted_disk
from victoros.ops.django_setup import load_django
from victoros.ops.postgres import UNPRIVILEGED, PostgresServer
from victoros.ops.valkey import ValkeyServer

if TYPE_CHECKING:
    from victoros.ops.chaos.world import World

LATENCY_S = 0.2
SMALL_MB = 160
"""Of the disk that the run `disk` fills up."""


def list_runs() -> list[str]:
    """Return the names of all fault runs."""
    return sorted(module.name for module in pkgutil.iter_modules(runs.__path__))


def carry_out(plan: Plan) -> dict[str, Any]:
    """Do the run and return the report: figures, verdict, seed, and the command that repeats it."""
    with make_world(plan) as world:
        from victoros.ops.chaos.checker import check
        from victoros.ops.chaos.outcome import Outcome

        module = import_module(f"victoros.ops.chaos.runs.{plan.name}")
        began = time.monotonic()
        figures: dict[str, Any] = module.run(world)
        took = time.monotonic() - began
        verdict = check(Outcome(world.home, world.expected), by_the_clock=not plan.short)
        said = figures.pop("violations", [])
        return {
            "chaos": plan.name,
            "database": plan.database,
            "seed": plan.seed,
            "size": "short" if plan.short else "full",
            "took_s": round(took, 1),
            "holds": verdict.holds and not said,
            "lost": verdict.lost,
            "doubled": verdict.doubled,
            "late": verdict.late,
            **verdict.recovery.as_figures(),
            **figures,
            **verdict.counts,
            "violations": [*said, *verdict.violations],
            "again": plan.command,
        }


@contextmanager
def make_world(plan: Plan) -> Iterator["World"]:
    """Start the servers, load Django for them, prepare the database and make a swarm; end and remove it all afterwards."""
    with (
        tempfile.TemporaryDirectory(
            prefix="victor-chaos-", dir=os.environ.get("VICTOR_BENCH_DIR"), ignore_cleanup_errors=True
        ) as folder,
        _servers(plan, Path(folder)) as (valkey, postgres),
    ):
        home = Path(folder)
        disk: AbstractContextManager[SmallDisk | None] = (
            mounted_disk(home / "disk", SMALL_MB, UNPRIVILEGED) if plan.name == "disk" else nullcontext()
        )
        with disk as small:
            database_url = _make_database(small.folder if small else home, postgres, apart=small is not None)
            _enter(home, valkey.url, database_url)
            with running_outside(home, LATENCY_S) as outside:
                from victoros.ops.chaos.world import World

                world = World(plan, home, database_url, valkey, postgres, outside)
                world.disk = small
                yield world
            _leave_database()


def _make_database(folder: Path, postgres: PostgresServer | None, *, apart: bool) -> str:
    """Make an empty database and return its URL; `apart`: in `folder`, for PostgreSQL too (its log stays where it is)."""
    if postgres is None:
        return f"sqlite:///{folder}/victor.sqlite3"
    return postgres.make_database("chaos", folder if apart else None)


@contextmanager
def _servers(plan: Plan, folder: Path) -> Iterator[tuple[ValkeyServer, PostgresServer | None]]:
    valkey = ValkeyServer(folder / "valkey.sock")
    postgres: PostgresServer | None = None
    try:
        if plan.database == "postgres":
            (folder / "postgres").mkdir()
            os.chmod(folder, 0o711)  # nosec B103: PostgreSQL's own user must pass through
            postgres = PostgresServer(folder / "postgres", durable=True)
        yield valkey, postgres
    finally:
        valkey.kill()
        if postgres:
            postgres.stop()


def _enter(home: Path, redis_url: str, database_url: str) -> None:
    """Make this process one that works in the run's world and nowhere else."""
    from django.core.management import call_command

    environment = scratch_environment(home, redis_url, database_url)
    for name in [name for name in os.environ if name.startswith("VICTOR_")]:
        del os.environ[name]
    os.environ.update(environment)
    load_django()
    call_command("migrate", verbosity=0)


def _leave_database() -> None:
    from django.db import connection

    connection.close()
