"""`./victor chaos NAME`: does terrible things to a Victor.os of its own and says what came of the work."""

import argparse
import json
import random
import sys
from collections.abc import Sequence
from typing import Any

from victoros.lib.options import above_nothing
from victoros.ops.chaos.plan import Plan
from victoros.ops.chaos.run import carry_out, list_runs

ONLY_POSTGRES = ("hosts",)
FIRST = ("lost", "doubled", "late", "longest_recovery_s")


def run(arguments: Sequence[str]) -> int:
    """Carry out one run; return 0 if every invariant held, else 1. The running installation is not touched."""
    plan, as_json = read_plan(arguments)
    report = carry_out(plan)
    print(json.dumps(report) if as_json else describe(report))
    return 0 if report["holds"] else 1


def read_plan(arguments: Sequence[str]) -> tuple[Plan, bool]:
    """Read the command line; wrong usage ends the process with code 2."""
    parser = argparse.ArgumentParser(
        prog="./victor chaos",
        description="Kill, freeze and cut off the processes of a Victor.os of its own, and check what came of the work.",
    )
    parser.add_argument("name", choices=list_runs(), help="which faults; docs/chaos.md describes each")
    parser.add_argument("--seed", type=int, help="repeat the schedule of an earlier run (default: a new one)")
    parser.add_argument(
        "--minutes", type=above_nothing, help="end the faults after so long (default: the run's own size)"
    )
    parser.add_argument("--database", choices=["sqlite", "postgres"], help="default: sqlite; hosts: postgres")
    parser.add_argument("--short", action="store_true", help="the size that the gate runs")
    parser.add_argument("--only", type=int, metavar="N", help="points: play the schedule of this number, and tell it")
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    found = parser.parse_args(arguments)
    seed = random.SystemRandom().randrange(1_000_000) if found.seed is None else found.seed
    database = found.database or ("postgres" if found.name in ONLY_POSTGRES else "sqlite")
    if database == "sqlite" and found.name in ONLY_POSTGRES:
        parser.error(f"{found.name} needs --database postgres: SQLite belongs to one host")
    return Plan(found.name, seed, database, found.short, found.minutes, found.only), found.json


def describe(report: dict[str, Any]) -> str:
    """Return the report as a person reads it: the verdict, the four figures that matter, the rest, what broke, the seed."""
    verdict = "every invariant held" if report["holds"] else "BROKEN"
    head = f"chaos {report['chaos']} on {report['database']}, {report['size']}, {report['took_s']} s: {verdict}"
    hidden = {*FIRST, "by_fault", "chaos", "database", "size", "took_s", "holds", "violations", "seed", "again"}
    rest = [name for name in report if name not in hidden]
    lines = [f"  {name.replace('_', ' '):<24}{report[name]}" for name in (*FIRST, *rest)]
    lines += [f"  {f'after {fault}':<24}{_in_words(found)}" for fault, found in report["by_fault"].items()]
    broken = [f"  ! {words}" for words in report["violations"]]
    return "\n".join([head, *lines, *broken, f"  {'seed':<24}{report['seed']}", f"  again: {report['again']}"])


def _in_words(figures: dict[str, Any]) -> str:
    return ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in figures.items())


if __name__ == "__main__":
    sys.exit(run(sys.argv[1:]))
