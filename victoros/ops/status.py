"""`./victor status`: what runs, and how much work there is."""

import argparse
import json
import os
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

from victoros.lib.env import read_run_facts
from victoros.lib.errors import Category, VictorError
from victoros.ops.django_setup import load_django
from victoros.ops.processes import started_at


class NoDatabase(VictorError):
    """There is nothing to count yet."""

    category = Category.DATABASE


def run(arguments: Sequence[str]) -> int:
    """Print the state of this installation; return 0 whether it runs or not."""
    parser = argparse.ArgumentParser(prog="./victor status", description=__doc__)
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    parser.add_argument("--home", type=Path, help="the state folder to look at (default: VICTOR_HOME, else ./var)")
    options = parser.parse_args(arguments)
    if options.home:
        os.environ["VICTOR_HOME"] = str(options.home.absolute())
    load_django()
    found = collect()
    print(json.dumps(found, indent=1) if options.json else describe(found))
    return 0


def collect() -> dict[str, Any]:
    """Read run.json and the counts of the database."""
    from django.conf import settings
    from django.db import DatabaseError

    facts = read_run_facts(settings.VICTOR_HOME)
    alive = [entry for entry in facts.get("processes", []) if started_at(entry["pid"])]
    is_running = bool(facts) and started_at(facts["pid"]) > 0
    try:
        counts = count_rows()
    except DatabaseError as error:
        text = " ".join(str(error).split())
        raise NoDatabase(f"The database cannot be read: {text}.", hint="./victor up prepares it.") from error
    where = {"url": facts.get("url", ""), "pid": facts.get("pid"), "home": str(settings.VICTOR_HOME)}
    status = "running" if is_running else "stopped"
    return {"id": "victor", "status": status, **where, "processes": alive if is_running else [], **counts}


def count_rows() -> dict[str, Any]:
    """Count what an operator asks for first."""
    from django.conf import settings

    from agents.models import Agent, Swarm
    from audit.models import AttentionItem
    from tasks.models import Cell, Task
    from victoros.lib.clock import now_plus

    fresh = now_plus(timedelta(seconds=-settings.VICTOR_LEASE_S))
    return {
        "attention": AttentionItem.objects.filter(status=AttentionItem.Status.OPEN).count(),
        "swarms": _count_by(Swarm.objects.filter(archived_at=None), "desired_state"),
        "agents": _count_by(Agent.objects.filter(retired_at=None), "desired_state"),
        "tasks": _count_by(Task.objects.all(), "status"),
        "cells": Cell.objects.filter(status=Cell.Status.ALIVE, heartbeat_at__gte=fresh).count(),
    }


def _count_by(rows: Any, field: str) -> dict[str, int]:
    from django.db.models import Count

    return dict(rows.order_by(field).values_list(field).annotate(n=Count("pk")))


def describe(found: dict[str, Any]) -> str:
    """Return the lines a person reads."""
    head = f"running at {found['url']} (process {found['pid']})" if found["status"] == "running" else "not running"
    processes = ", ".join(f"{entry['name']} {entry['pid']}" for entry in found["processes"])
    lines = [
        ("Victor.os", head),
        ("home", found["home"]),
        ("processes", processes or "none"),
        ("cells", f"{found['cells']} alive"),
        ("for you", f"{found['attention']} waiting for a person"),
        *((name, _describe_counts(found[name])) for name in ("swarms", "agents", "tasks")),
    ]
    return "\n".join(f"{name:<12}{text}" for name, text in lines)


def _describe_counts(counts: dict[str, int]) -> str:
    return ", ".join(f"{number} {state.replace('_', ' ')}" for state, number in counts.items()) or "none"
