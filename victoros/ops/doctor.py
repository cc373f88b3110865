"""`./victor doctor`: runs every check and says what to do about each finding."""

import argparse
import json
import os
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from victoros.ops.checks_machine import check_disk, check_packages, check_permissions, check_python
from victoros.ops.checks_running import check_model, check_redis, check_workers
from victoros.ops.checks_shared import check_folders, check_keys, check_push
from victoros.ops.checks_stored import (
    check_clock,
    check_counts,
    check_database,
    check_migrations,
    check_search,
    check_settings,
    is_loaded,
)
from victoros.ops.checkup import Finding, State

BEFORE_SETTINGS = (check_python, check_packages, check_disk, check_permissions)
AFTER_SETTINGS = (
    check_database,
    check_migrations,
    check_counts,
    check_search,
    check_clock,
    check_keys,
    check_folders,
    check_push,
    check_redis,
    check_workers,
    check_model,
)
MARKS = {State.OK: "ok  ", State.WARN: "WARN", State.FAIL: "FAIL"}
COLOURS = {State.OK: "\x1b[32m", State.WARN: "\x1b[33m", State.FAIL: "\x1b[31m"}


def run(arguments: Sequence[str]) -> int:
    """Print the findings; return 1 if anything failed."""
    parser = argparse.ArgumentParser(prog="./victor doctor", description=__doc__)
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    parser.add_argument("--home", type=Path, help="the state folder to check (default: VICTOR_HOME, else ./var)")
    options = parser.parse_args(arguments)
    if options.home:
        os.environ["VICTOR_HOME"] = str(options.home.absolute())
    findings = examine()
    worst = max((finding.status for finding in findings), key=list(State).index)
    if options.json:
        checks = [asdict(finding) for finding in findings]
        print(json.dumps({"id": "doctor", "status": worst, "checks": checks}, indent=1))
    else:
        for finding in findings:
            print(describe(finding))
    return 1 if worst == State.FAIL else 0


def examine() -> list[Finding]:
    """Run the checks in the order in which one needs the other."""
    findings = [check() for check in BEFORE_SETTINGS]
    settings = check_settings()
    findings.append(settings)
    if is_loaded():
        findings += [check() for check in AFTER_SETTINGS]
    return findings


def describe(finding: Finding) -> str:
    """Return the line, or two, that a person reads."""
    mark = MARKS[finding.status]
    if sys.stdout.isatty() and "NO_COLOR" not in os.environ:
        mark = f"{COLOURS[finding.status]}{mark}\x1b[0m"
    advice = f"\n{'':18}-> {finding.advice}" if finding.advice else ""
    return f"{mark}  {finding.id:<12}{finding.message}{advice}"
