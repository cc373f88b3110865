"""`victor bench`: measure speed in a scratch of its own; the running installation is not touched."""

import argparse
import json
import platform
import sqlite3

from victoros.demo.sizes import read_share
from victoros.lib.commands import Answer, VictorCommand
from victoros.lib.options import above_nothing, at_least_one
from victoros.lib.rows import Document
from victoros.ops.bench.measure import BENCHES
from victoros.ops.bench.scratch import make_scratch

MOST_S = 1200.0
FILL_S = 3600.0
"""For the full sample of `board` on a busy machine."""


class Command(VictorCommand):
    """One bench, one line of figures."""

    help = "Measure speed, fairness and memory, each figure beside its floor."

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Add what to measure and where."""
        parser.add_argument(
            "bench", choices=sorted(BENCHES), help="what to measure; docs/performance.md describes each"
        )
        parser.add_argument("--database", choices=["sqlite", "postgres"], default="sqlite", help="default: sqlite")
        parser.add_argument(
            "--runs", type=at_least_one, default=3, help="the figure is the median of so many runs (default 3)"
        )

        parser.add_argument(
            "--minutes",
            type=above_nothing,
            default=30.0,
            help="how long `memory` watches (default 30); the others end by themselves",
        )

        parser.add_argument(
            "--pages", type=at_least_one, default=1, help="how many pages `live` opens (default 1, in Chromium)"
        )
        parser.add_argument("--fetch", action="store_true", help="`live`: pages also fetch what they are told of")

        parser.add_argument(
            "--scale",
            default="10%",
            metavar="SHARE",
            help="`board`: share of 10,000 agents, 100,000 tasks and 1,000,000 steps (default 10%%); beside it a hundredth of that",
        )

        parser.add_argument(
            "--samples", type=at_least_one, default=12, help="`board`: requests for each page and run (default 12)"
        )

    def act(
        self, bench: str, database: str, runs: int, minutes: float, pages: int, fetch: bool, scale: str, samples: int
    ) -> Answer:
        """Measure and answer."""
        with make_scratch(database) as scratch:
            numbers = (runs, minutes, pages, int(fetch), read_share(scale), samples)
            command = ("-m", "victoros.ops.bench.measure", bench, *map(str, numbers))
            figures = json.loads(scratch.run(*command, timeout_s=MOST_S + minutes * 60 + FILL_S * (bench == "board")))
        document = {"bench": bench, "database": database, **figures, "versions": _versions(database)}
        return Answer(document, _as_text(document))


def _versions(database: str) -> dict[str, str]:
    engine = {"sqlite": sqlite3.sqlite_version} if database == "sqlite" else {"postgres": "18"}
    return {"python": platform.python_version(), **engine}


def _as_text(document: Document) -> str:
    known = {name: value for name, value in document.items() if name not in ("versions", "bench", "database")}
    tables = [value for value in known.values() if isinstance(value, list) and value and isinstance(value[0], dict)]
    lines = [f"  {name:<17} {value}" for name, value in known.items() if value not in tables]
    return "\n".join([f"{document['bench']} on {document['database']}", *lines, *map(_as_table, tables)])


def _as_table(rows: list[Document]) -> str:
    lines = [[name.replace("_", " ") for name in rows[0]], *([str(value) for value in row.values()] for row in rows)]
    widths = [max(len(line[n]) for line in lines) for n in range(len(lines[0]))]
    return "\n" + "\n".join(
        "  ".join(text.ljust(width) for text, width in zip(line, widths, strict=True)).rstrip() for line in lines
    )
