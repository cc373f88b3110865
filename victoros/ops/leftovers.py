"""Ends what a killed supervisor left running, before the next one starts on the same home."""

import os
from typing import Any

from victoros.ops.processes import kill_session, started_at

CLOCK_SLACK_S = 2.0


def end_leftovers(facts: dict[str, Any]) -> int:
    """Kill the processes that run.json of the previous `up` names, with all they forked; return how many were left.

    A pid alone proves nothing: a process that began at another moment than the noted one is somebody else's.
    """
    return sum(len(kill_session(entry["pid"])) for entry in facts.get("processes", []) if _is_ours(entry))


def _is_ours(entry: dict[str, Any]) -> bool:
    pid = int(entry["pid"])
    now_begun = started_at(pid)
    if not now_begun:
        return pid != os.getsid(0)
    return abs(now_begun - float(entry["begun"])) < CLOCK_SLACK_S
