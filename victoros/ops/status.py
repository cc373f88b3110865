"""`./victor status`: what runs, and how much work there is."""

import argparse
import json
import os
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from victoros.lib.env import read_run_facts
from victoros.lib.errors import Category, VictorError
from victoros.lib.figures import say_many, say_seconds
from victoros.ops.django_setup import load_django
from victoros.ops.processes import started_at

if TYPE_CHECKING:
    from victoros.dashboard.cells import HostRow


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
    processes = alive if is_running else []
    return {"id": "victor", "status": status, **where, "processes": processes, **counts, **read_work()}


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


def read_work() -> dict[str, Any]:
    """Read what each host does and what waits to be taken up: what the page *Cells* shows."""
    from victoros.dashboard.cells import read_cells, read_hosts, read_queues

    page, queues = read_cells(), read_queues()
    oldest_s = round((page.at - queues.oldest_ready_at).total_seconds(), 1) if queues.oldest_ready_at else None
    waiting = {"ready": queues.ready, "waiting": queues.waiting, "unrung": queues.unrung, "oldest_ready_s": oldest_s}
    return {"hosts": [_read_host(host, page.at) for host in read_hosts(page)], "queues": waiting}


def _read_host(host: "HostRow", at: datetime) -> dict[str, Any]:
    return {
        "name": host.name,
        "mark": host.mark,
        "cells": len(host.cells),
        "attempts": host.running,
        "heartbeat_s": round((at - host.heartbeat_at).total_seconds(), 1) if host.heartbeat_at else None,
        "silent": host.is_late,
        "scheduler": host.holds_scheduler,
        "died_in_the_last_hour": len(host.died),
    }


def _count_by(rows: Any, field: str) -> dict[str, int]:
    from django.db.models import Count

    return dict(rows.order_by(field).values_list(field).annotate(n=Count("pk")))


def describe(found: dict[str, Any]) -> str:
    """Return the lines a person reads."""
    where = f"at {found['url']}" if found["url"] else "for pages on another host"
    head = f"running {where} (process {found['pid']})" if found["status"] == "running" else "not running"
    processes = ", ".join(f"{entry['name']} {entry['pid']}" for entry in found["processes"])
    lines = [
        ("Victor.os", head),
        ("home", found["home"]),
        ("processes", processes or "none"),
        ("cells", f"{found['cells']} alive"),
        *_label("hosts", [_describe_host(host) for host in found["hosts"]]),
        ("queue", _describe_queues(found["queues"])),
        ("for you", f"{found['attention']} waiting for a person"),
        *((name, _describe_counts(found[name])) for name in ("swarms", "agents", "tasks")),
    ]
    return "\n".join(f"{name:<12}{text}" for name, text in lines)


def _describe_counts(counts: dict[str, int]) -> str:
    return ", ".join(f"{number} {state.replace('_', ' ')}" for state, number in counts.items()) or "none"


def _label(name: str, lines: list[str]) -> list[tuple[str, str]]:
    """Name the first of some lines; there is always one."""
    return list(zip([name, *[""] * len(lines)], lines or ["none"], strict=False))


def _describe_host(host: dict[str, Any]) -> str:
    parts = [say_many(host["cells"], "cell"), say_many(host["attempts"], "attempt")]
    if host["heartbeat_s"] is not None:
        parts.append(f"{'SILENT for' if host['silent'] else 'heartbeat'} {say_seconds(host['heartbeat_s'])}")
    parts += ["puts things right"] if host["scheduler"] else []
    parts += [f"{host['died_in_the_last_hour']} died within the hour"] if host["died_in_the_last_hour"] else []
    return f"{host['name']} ({host['mark']}): {', '.join(parts)}"


def _describe_queues(queues: dict[str, Any]) -> str:
    oldest = f" (the oldest for {say_seconds(queues['oldest_ready_s'])})" if queues["ready"] else ""
    return (
        f"{queues['ready']:,} ready{oldest}, {queues['waiting']:,} waiting, {queues['unrung']:,} wake-ups not looked at"
    )
