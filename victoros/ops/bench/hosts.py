"""`bench hosts`: what further hosts of one cell each add, and what they ask of PostgreSQL and Redis. Needs PostgreSQL.

The hosts are supervisors with homes and names of their own on this machine: they share its processors and its disk.
"""

import os
import statistics
import time
from contextlib import ExitStack
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.db import connection
from redis import Redis

from agents.models import Swarm
from audit.actors import SYSTEM
from tasks.models import Task
from tasks.services.control import start_swarm
from victoros.ops.bench import programs  # noqa: F401  (registers the program)
from victoros.ops.bench.crewed import await_true, running_host
from victoros.ops.bench.scratch import BenchFailed
from victoros.ops.bench.swarms import make_agents, make_swarm, prepare

MOST = 3
"""Hosts."""
SLOTS, SLOW_TASKS = 150, 100
"""Places of each cell, and tasks of each host where the model takes its time: a swarm gets nine tenths of a cell at first."""
WIDE = 4
"""Cells of one more host, to tell what a cell costs from what a host costs."""
LATENCY_S = 0.5
TASKS, STEPS = 100, 10
"""Of each host, where the model answers at once."""
LONG_STEPS = 6
"""Of each task, where it takes its time."""
WATCHED_S = 10.0


def measure_hosts(runs: int) -> dict[str, Any]:
    """Add one host after the other; with each, watch them idle and let them work, with a quick model and a slow one."""
    if connection.vendor != "postgresql":
        raise BenchFailed("Several hosts need PostgreSQL.", hint="./victor bench hosts --database postgres")
    os.environ |= {"VICTOR_CELL_SLOTS": str(SLOTS), "VICTOR_SWARMS": f"{settings.VICTOR_HOME}/swarms"}
    quick, slow = make_swarm(), make_swarm(model=f"stub200?latency_ms={LATENCY_S * 1000:.0f}")
    for swarm in (quick, slow):
        make_agents(swarm, 1, max_active=1000)
    found: dict[str, Any] = {}
    with ExitStack() as stack:
        for hosts in range(1, MOST + 1):
            stack.enter_context(running_host(f"host{hosts}"))
            _rate(quick, TASKS * hosts, STEPS)
            found[f"hosts_{hosts}"] = {
                "quick_steps_s": round(statistics.median(_rate(quick, TASKS * hosts, STEPS) for _ in range(runs))),
                "slow_steps_s": round(
                    statistics.median(_rate(slow, SLOW_TASKS * hosts, LONG_STEPS) for _ in range(runs))
                ),
                "idle": _watch_idle(),
            }
        stack.enter_context(running_host("wide", WIDE))
        found[f"hosts_{MOST}_and_one_of_{WIDE}_cells"] = {"idle": _watch_idle()}
    return {
        "figure": round(found[f"hosts_{MOST}"]["slow_steps_s"] / found["hosts_1"]["slow_steps_s"], 2),
        "unit": f"times the steps of one host, by {MOST}",
        "floor": None,
        "ratio": None,
        "slow_steps_s_at_most": [round(SLOW_TASKS * hosts / LATENCY_S) for hosts in range(1, MOST + 1)],
        **found,
        "work": f"hosts of 1 cell with {SLOTS} places; a model that answers at once, and one that takes {LATENCY_S} s",
    }


def _rate(swarm: Swarm, tasks: int, steps: int) -> float:
    """Return steps a second from the start of the swarm to the last durable end."""
    prepare(swarm, tasks, steps)
    left = Task.objects.filter(swarm=swarm).exclude(status="completed")
    began = time.perf_counter()
    start_swarm(actor=SYSTEM, swarm=swarm)
    await_true(lambda: not left.exists(), 120, "not all tasks were completed", look_s=0.02)
    return tasks * steps / (time.perf_counter() - began)


def _watch_idle() -> dict[str, float]:
    """Return what the servers are asked each second while nothing is to do, this process left out as far as it can be."""
    time.sleep(2)
    before = _read_counters()
    time.sleep(WATCHED_S)
    after = _read_counters()
    spans = {name: round((after[name] - before[name]) / WATCHED_S, 1) for name in before}
    return {"connections": _count_connections(), **spans}


def _read_counters() -> dict[str, float]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_clear_snapshot()")
        cursor.execute(
            "SELECT xact_commit + xact_rollback, tup_updated, pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0') / 1024"
            " FROM pg_stat_database WHERE datname = current_database()"
        )
        transactions, rows, wal_kb = cursor.fetchone()
    place = urlsplit(os.environ["VICTOR_REDIS_URL"])
    with Redis(unix_socket_path=place.path) as redis:
        commands = redis.info("stats")["total_commands_processed"]
    return {
        "transactions_s": float(transactions),
        "rows_updated_s": float(rows),
        "wal_kb_s": float(wal_kb),
        "redis_commands_s": float(commands),
    }


def _count_connections() -> int:
    """Count the connections of the hosts."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        return int(cursor.fetchone()[0])
