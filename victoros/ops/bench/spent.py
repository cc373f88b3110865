"""Processor time of a process that a bench has started."""

import psutil

from victoros.ops.bench.scratch import BenchFailed


def cpu_seconds(port: int) -> float:
    """Return the processor time of the web process that listens on `port`."""
    for child in psutil.Process().children():
        if str(port) in child.cmdline():
            times = child.cpu_times()
            return float(times.user + times.system)
    raise BenchFailed("The web process is gone.")
