"""RQ workers beside a Redis in trouble: the cell they host is not touched, and they begin when it makes sense."""

import logging
import os
import signal
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import django_rq
import pytest
from django.conf import settings
from redis import Redis
from rq import Queue, Worker
from rq.executions import Execution
from rq.job import Job

from tasks.engine import hosting
from tasks.engine.hosting import PatientWorker, wait_for_redis
from tests.running import wait_until
from victoros.lib.hands import Hands, read_leavings
from victoros.ops.chaos.points.director import fork


@pytest.fixture
def full_redis(empty_valkey: Redis) -> Iterator[Redis]:
    """A Redis that refuses every write once `maxmemory` is set to one byte."""
    yield empty_valkey
    empty_valkey.config_set("maxmemory", "0")


@pytest.fixture
def queue() -> Queue:
    made: Queue = django_rq.get_queue("chores")
    return made


def begin(queue: Queue) -> tuple[PatientWorker, Job, Execution]:
    worker = PatientWorker([queue], connection=queue.connection, serializer=queue.serializer)
    worker.register_birth()  # type: ignore[no-untyped-call]
    job = queue.enqueue(print)
    job.started_at = datetime.now(UTC)
    with queue.connection.pipeline() as pipeline:
        execution = Execution.create(job, 60, pipeline)
        pipeline.execute()
    return worker, job, execution


def test_a_redis_out_of_memory_does_not_end_the_worker_of_a_cell(
    full_redis: Redis, queue: Queue, caplog: pytest.LogCaptureFixture
) -> None:
    worker, job, execution = begin(queue)
    full_redis.config_set("maxmemory", "1")
    worker.maintain_heartbeats(job, execution)
    assert "it goes on" in caplog.text


def test_heartbeats_are_stored_when_redis_takes_them(queue: Queue, caplog: pytest.LogCaptureFixture) -> None:
    worker, job, execution = begin(queue)
    with caplog.at_level(logging.WARNING):
        worker.maintain_heartbeats(job, execution)
    assert "it goes on" not in caplog.text
    job.refresh()  # type: ignore[no-untyped-call]
    assert job.last_heartbeat is not None


@pytest.mark.parametrize("is_busy", [False, True], ids=["idle", "busy"])
def test_a_worker_signs_on_again_at_a_redis_that_came_back_empty(
    empty_valkey: Redis, queue: Queue, *, is_busy: bool
) -> None:
    worker, job, execution = begin(queue)
    empty_valkey.flushall()
    assert Worker.count(connection=queue.connection, queue=queue) == 0
    if is_busy:
        job.save()
        worker.maintain_heartbeats(job, execution)
    else:
        worker.heartbeat()
    assert Worker.count(connection=queue.connection, queue=queue) == 1


def test_an_idle_worker_asks_again_within_seconds_of_an_outage() -> None:
    assert PatientWorker.max_connection_wait_time <= 2


def test_a_worker_begins_only_when_redis_stores_something(full_redis: Redis) -> None:
    full_redis.config_set("maxmemory", "1")
    waiting = threading.Thread(target=wait_for_redis, daemon=True)
    waiting.start()
    wait_until(lambda: int(full_redis.info("errorstats").get("errorstat_OOM", {}).get("count", 0)) >= 2)
    assert waiting.is_alive()
    full_redis.config_set("maxmemory", "0")
    waiting.join(10)
    assert not waiting.is_alive()


@pytest.mark.parametrize(("killed_meanwhile", "note"), [(0, ""), (1, "for want of memory")])
def test_a_cell_killed_for_want_of_memory_is_said_to_be(
    queue: Queue, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, killed_meanwhile: int, note: str
) -> None:
    worker, _, _ = begin(queue)
    counters = tmp_path / "vmstat"
    counters.write_text("pgfault 12\noom_kill 3\n")
    monkeypatch.setattr(hosting, "VMSTAT", counters)
    looked, look = os.pipe()
    count_shortages = hosting.count_shortages

    def count() -> int:
        counted = count_shortages()
        os.write(look, b".")
        return counted

    def die() -> None:
        os.read(looked, 1)  # until the worker has seen how many there were before
        Hands(settings.VICTOR_HOME, 7)
        counters.write_text(f"pgfault 14\noom_kill {3 + killed_meanwhile}\n")
        os.kill(os.getpid(), signal.SIGKILL)

    monkeypatch.setattr(hosting, "count_shortages", count)
    worker._horse_pid = fork(die)
    pid, _, _ = worker.wait_for_horse()
    assert pid
    [left] = read_leavings(settings.VICTOR_HOME, pid)
    assert left.status == signal.SIGKILL
    assert (note in left.note, bool(left.note)) == (True, bool(note))


def test_where_the_kernel_tells_no_shortage_there_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hosting, "VMSTAT", tmp_path / "missing")
    assert hosting.count_shortages() == 0
