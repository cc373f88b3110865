"""A crew of real processes for a bench, and what they cost."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from tasks.models import Cell
from victoros.ops.bench.scratch import ROOT, BenchFailed
from victoros.ops.processes import end_with_parent


@contextmanager
def running_host(name: str, cells: int = 1) -> Iterator[psutil.Process]:
    """Run one more host until the block ends, in a home of its own."""
    home = Path(os.environ["VICTOR_HOME"]) / name
    home.mkdir()
    with running_crew(cells, VICTOR_HOME=str(home), VICTOR_HOST_NAME=name) as supervisor:
        yield supervisor


@contextmanager
def running_crew(cells: int, **environment: str) -> Iterator[psutil.Process]:
    """Run workers and scheduler until the block ends; yields their supervisor once every worker has a cell."""
    wanted = len(living_cells()) + cells
    command = [sys.executable, "-m", "victoros.ops.crew", "--cells", str(cells)]
    with open(Path(os.environ["VICTOR_HOME"]) / "crew.log", "ab") as log:
        crew = subprocess.Popen(
            [*command, "--import", "victoros.ops.bench.programs"],
            cwd=ROOT, env={**os.environ, **environment}, stdout=log, stderr=log, preexec_fn=end_with_parent(signal.SIGTERM),
        )  # fmt: skip
    try:
        await_true(lambda: len(living_cells()) == wanted, 60, "the cells did not start")
        yield psutil.Process(crew.pid)
    finally:
        crew.send_signal(signal.SIGTERM)
        crew.wait(20)


def living_cells() -> list[Cell]:
    """Return the cells that work."""
    return list(Cell.objects.filter(status="alive"))


def memory_mb(cells: list[Cell]) -> dict[str, float]:
    """Return the memory of cells: `rss` counts shared pages for each, `pss` shares them out."""
    infos = [psutil.Process(cell.pid).memory_full_info() for cell in cells]
    return {
        "rss_mb": round(sum(info.rss for info in infos) / 1e6, 1),
        "pss_mb": round(sum(getattr(info, "pss", info.rss) for info in infos) / 1e6, 1),
    }


def cpu_seconds(supervisor: psutil.Process) -> float:
    """Return the processor time of the supervisor and everything below it."""
    tree = [supervisor, *supervisor.children(recursive=True)]
    return sum(times.user + times.system for times in (process.cpu_times() for process in tree))


def await_true(is_true: Callable[[], object], timeout_s: float, otherwise: str, look_s: float = 0.01) -> None:
    """Look again and again until something is true; raise `BenchFailed` when it does not become so."""
    deadline = time.monotonic() + timeout_s
    while not is_true():
        if time.monotonic() > deadline:
            raise BenchFailed(f"After {timeout_s:.0f} s {otherwise}.")
        time.sleep(look_s)
