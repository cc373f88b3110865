"""`bench live`: from a commit to the page of somebody who looks on. One page in Chromium, or many sockets on one web process."""

import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.db import transaction

from audit.actors import SYSTEM
from audit.topics import bump, read_versions
from tasks.models import Task
from tasks.services.drafts import TaskDraft
from tasks.services.making import create_tasks
from tasks.services.work import edit_task
from victoros.lib.redis import connect
from victoros.ops.bench.live_page import watching_page
from victoros.ops.bench.scratch import ROOT, BenchFailed
from victoros.ops.bench.spent import cpu_seconds
from victoros.ops.bench.swarms import make_swarm
from victoros.ops.chaos.processes import running_web
from victoros.ops.visiting import as_header, make_cookies, make_operator

SAMPLES = 100
PAUSE_S = 0.3
"""Between samples: longer than the pause between two repaints, so that no sample waits for the one before."""
SECONDS = 10.0
MANY = 300
"""Up to so many pages get ten hints a second, more get two."""
SETTLE_S = 3.0


def measure_live(runs: int, pages: int, fetching: bool = False) -> dict[str, Any]:
    """One page: to the changed DOM. More: to the socket of each; with `fetching` also until every page has fetched its section."""
    task = create_tasks(actor=SYSTEM, swarm=make_swarm(), drafts=[TaskDraft("Watched", backlog=True)])[0]
    with running_web(Path(os.environ["VICTOR_HOME"]), {}) as url:
        return _measure_page(url, task, runs) if pages == 1 else _measure_sockets(url, task, runs, pages, fetching)


# --- one page ---


def _measure_page(url: str, task: Task, runs: int) -> dict[str, Any]:
    cookies = make_cookies(make_operator())
    with watching_page(url, f"/tasks/{task.pk}/", cookies) as page:
        for n in range(10):
            _sample_ms(page, task, f"warm {n}")
        page.forget_shifts()
        samples = [sorted(_sample_ms(page, task, f"{run} {n}") for n in range(SAMPLES)) for run in range(runs)]
        shift, shifted = page.layout_shift(), page.shifted()
    p50 = statistics.median(run[SAMPLES // 2] for run in samples)
    floor = _ring_ms()
    return {
        "figure": round(p50, 1),
        "unit": "ms from commit to changed DOM (p50)",
        "p99": round(statistics.median(run[int(SAMPLES * 0.99) - 1] for run in samples), 1),
        "floor": round(floor, 2),
        "floor_is": "a bare publish to a bare subscriber, in the same run",
        "ratio": round(p50 / floor, 1),
        "layout_shift": round(shift, 4),
        "shifted": shifted,
        "work": f"what a task asks for is changed {SAMPLES} times a run while its page is open in Chromium",
        "runs": [round(run[SAMPLES // 2], 1) for run in samples],
    }


def _sample_ms(page: Any, task: Task, words: str) -> float:
    page.await_words(f"Watched {words}.")
    committed: list[float] = []
    with transaction.atomic():
        transaction.on_commit(lambda: committed.append(time.time()))
        edit_task(actor=SYSTEM, task=task, text=f"Watched {words}.")
    changed: float = page.changed_at()
    time.sleep(PAUSE_S)
    return (changed - committed[0]) * 1000


# --- many sockets ---


def _measure_sockets(url: str, task: Task, runs: int, pages: int, fetching: bool) -> dict[str, Any]:
    per_s = 10 if pages <= MANY else 2
    found = [_run_sockets(url, task, pages, per_s, fetching) for _ in range(runs)]
    found.sort(key=lambda one: one["p99"])
    middle, floor = found[len(found) // 2], _ring_ms()
    return {
        "figure": round(middle["p99"], 1),
        "unit": "ms from commit to the socket (p99)",
        "p50": round(middle["p50"], 1),
        "worst": round(middle["worst"], 1),
        "floor": round(floor, 2),
        "floor_is": "a bare publish to a bare subscriber, in the same run",
        "ratio": round(middle["p99"] / floor, 1),
        "stale_afterwards": max(one["stale"] + one["behind"] for one in found),
        "messages_per_page_and_s": round(middle["messages"] / pages / SECONDS, 1),
        "web_share_of_a_core": round(middle["cpu"], 2),
        **({"fetches": _describe_fetches(middle)} if fetching else {}),
        "work": f"{pages} pages watch one topic that moves {per_s} times a second for {SECONDS:.0f} s",
        "runs": [round(one["p99"], 1) for one in found],
    }


def _describe_fetches(found: dict[str, Any]) -> dict[str, Any]:
    return {
        "number": found["fetches"],
        "p50_ms": round(found["fetch_p50"]),
        "p99_ms": round(found["fetch_p99"]),
        "all_fresh_after_s": round(found["fresh_after_s"], 1),
    }


def _run_sockets(url: str, task: Task, pages: int, per_s: int, fetching: bool) -> dict[str, Any]:
    topic = f"task:{task.pk}"
    cookie = as_header(make_cookies(make_operator()))
    where = urlsplit(url)
    path = f"/tasks/{task.pk}/" if fetching else ""
    job = {"host": where.hostname, "port": where.port, "cookie": cookie, "topic": topic, "pages": pages, "path": path}
    with subprocess.Popen(
        [sys.executable, "-m", "victoros.ops.bench.live_clients"],
        cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    ) as clients:  # fmt: skip
        _write(clients, job | {"version": _move(topic)[0]})
        if _read(clients) != "ready":
            raise BenchFailed("The pages could not be opened.")
        before = cpu_seconds(where.port or 0)
        commits = _move_for(topic, per_s)
        cpu = (cpu_seconds(where.port or 0) - before) / SECONDS
        time.sleep(SETTLE_S + (12 if fetching else 0))
        _write(clients, {"commits": commits})
        found: dict[str, Any] = json.loads(_read(clients))
    return found | {"cpu": cpu}


def _move_for(topic: str, per_s: int) -> dict[int, float]:
    """Raise the topic again and again, each time in a transaction of its own; returns when each version was committed."""
    began, commits = time.monotonic(), {}
    for n in range(int(SECONDS * per_s)):
        time.sleep(max(0.0, began + n / per_s - time.monotonic()))
        version, at = _move(topic)
        commits[version] = at
    return commits


def _move(topic: str) -> tuple[int, float]:
    committed: list[float] = []
    with transaction.atomic():
        transaction.on_commit(lambda: committed.append(time.time()))
        bump({topic})
    return read_versions([topic])[topic], committed[0]


def _write(clients: "subprocess.Popen[str]", said: dict[str, Any]) -> None:
    assert clients.stdin is not None
    clients.stdin.write(json.dumps(said) + "\n")
    clients.stdin.flush()


def _read(clients: "subprocess.Popen[str]") -> str:
    assert clients.stdout is not None
    return clients.stdout.readline().strip()


def _ring_ms() -> float:
    """Publish to a bare subscriber in this process; the middle of 200 times."""
    client = connect()
    with client.pubsub(ignore_subscribe_messages=True) as ear:  # type: ignore[no-untyped-call]
        ear.subscribe("victor:floor")
        times = []
        for n in range(200):
            began = time.perf_counter()
            client.publish("victor:floor", str(n))
            while ear.get_message(timeout=1.0) is None:
                pass
            times.append(time.perf_counter() - began)
    return statistics.median(times) * 1000
