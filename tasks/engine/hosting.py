"""The RQ workers that host cells and chores. Stock, but patient: a queue server in trouble must not cost a cell its process."""

import json
import logging
import signal
import time
from pathlib import Path
from resource import struct_rusage
from typing import Any

from django.conf import settings
from redis.client import Pipeline
from redis.exceptions import RedisError
from rq import Worker
from rq.executions import Execution
from rq.job import Job
from rq.worker_registration import register

from tasks.engine.ends import DEAD_LIST
from victoros.lib.hands import leave_word, note_end, read_leavings
from victoros.lib.host import this_host
from victoros.lib.redis import connect

log = logging.getLogger(__name__)

TTL_S = 20
"""An idle worker asks anew every `TTL_S - 15` seconds and gives up a silent connection after `TTL_S - 5`: RQ's own figure would
leave it deaf for seven minutes after a cut."""
LOOK_S = 0.5
VMSTAT = Path("/proc/vmstat")
LONGEST_PAUSE_S = 2.0


class PatientWorker(Worker):
    """Keeps its work-horse whatever Redis says, and comes back quickly when Redis does."""

    max_connection_wait_time = LONGEST_PAUSE_S

    def heartbeat(self, timeout: int | None = None, pipeline: Pipeline | None = None) -> None:
        """Tell Redis that this worker lives, and that it is one: a Redis that came back empty knows neither."""
        super().heartbeat(timeout, pipeline)
        if pipeline is None:  # RQ counts the answers of its own pipelines
            register(self)

    def wait_for_horse(self) -> tuple[int | None, int | None, struct_rusage | None]:
        """Wait for the end of the work-horse, and tell the reconciler at once unless it ended in order."""
        shortages = count_shortages()
        pid, status, usage = super().wait_for_horse()
        if pid and status is not None:
            if status == signal.SIGKILL and count_shortages() > shortages:
                leave_word(settings.VICTOR_HOME, pid, "the kernel killed it, or another process, for want of memory")
            report_end(pid, status)
        return pid, status, usage

    def maintain_heartbeats(self, job: Job, execution: Execution) -> None:
        """Tell Redis that the work-horse lives. Whose work is whose is not Redis's business: a refusal ends nothing."""
        try:
            super().maintain_heartbeats(job, execution)
            register(self)
        except RedisError as error:
            log.warning("Redis could not be told that cell %s lives; it goes on: %s", self.horse_pid, error)


def count_shortages() -> int:
    """Return how many processes the kernel has killed for want of memory since it started; 0 where it does not tell."""
    try:
        counters = VMSTAT.read_text().split()
        return int(counters[counters.index("oom_kill") + 1])
    except (OSError, ValueError):
        return 0


def report_end(pid: int, status: int) -> None:
    """Note how a child ended, and report it if it was a cell that did not sign off; the supervisor does so too, a moment later."""
    note_end(settings.VICTOR_HOME, pid, status)
    left = [leaving.as_dict() for leaving in read_leavings(settings.VICTOR_HOME, pid)]
    if not left and status == 0:
        return
    try:
        connect().rpush(DEAD_LIST, json.dumps({"host": this_host(), "pid": pid, "left": left}))
    except RedisError as error:
        log.warning("Nobody could be told that process %s ended: %s", pid, error)


def wait_for_redis() -> None:
    """Return once Redis answers and stores something; a worker that began before would only die."""
    why = ""
    while True:
        try:
            connect().set("victor:probe", "1", ex=5)
            return
        except RedisError as error:
            if not why:
                log.warning("The worker begins when Redis works again: %s", error)
            why = str(error)
            time.sleep(LOOK_S)


def worker_options() -> dict[str, Any]:
    """Return what `rqworker` is to be called with."""
    return {
        "serializer": "rq.serializers.JSONSerializer",
        "worker_class": "tasks.engine.hosting.PatientWorker",
        "worker_ttl": TTL_S,
    }
