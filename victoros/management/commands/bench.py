"""`victor bench`: measure speed in a scratch of its own; the running installation is not touched."""

import argparse
import json
import platform
import sqlite3

from victoros.lib.commands import Answer, VictorCommand
from victoros.lib.rows import Document
from victoros.ops.bench.measure import BENCHES
from victoros.ops.bench.scratch import make_scratch


class Command(VictorCommand):
    """One bench, one line of figures."""

    help = "Measure speed: steps, waiting, dispatch, overhead, idle or recovery, each beside its floor."

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Add what to measure and where."""
        parser.add_argument(
            "bench", choices=sorted(BENCHES), help="what to measure; docs/performance.md describes each"
        )
        parser.add_argument("--database", choices=["sqlite", "postgres"], default="sqlite", help="default: sqlite")
        parser.add_argument("--runs", type=int, default=3, help="the figure is the median of so many runs (default 3)")

    def act(self, bench: str, database: str, runs: int) -> Answer:
        """Measure and answer."""
        with make_scratch(database) as scratch:
            figures = json.loads(scratch.run("-m", "victoros.ops.bench.measure", bench, str(runs)))
        document = {"bench": bench, "database": database, **figures, "versions": _versions(database)}
        return Answer(document, _as_text(document))


def _versions(database: str) -> dict[str, str]:
    engine = {"sqlite": sqlite3.sqlite_version} if database == "sqlite" else {"postgres": "18"}
    return {"python": platform.python_version(), **engine}


def _as_text(document: Document) -> str:
    known = {name: value for name, value in document.items() if name not in ("versions", "bench", "database")}
    lines = [f"{document['bench']} on {document['database']}"]
    return "\n".join([*lines, *(f"  {name:<18}{value}" for name, value in known.items())])
