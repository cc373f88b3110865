"""Runs one bench inside its scratch and prints the figures as JSON: `... bench.measure steps 3 30 1 0 0.1 12`."""

import json
import sys
from collections.abc import Callable
from importlib import import_module
from typing import Any

from victoros.ops.django_setup import load_django

BENCHES = {
    "steps": "victoros.ops.bench.steps:measure_steps",
    "overhead": "victoros.ops.bench.steps:measure_overhead",
    "waiting": "victoros.ops.bench.waiting:measure_waiting",
    "dispatch": "victoros.ops.bench.dispatch:measure_dispatch",
    "idle": "victoros.ops.bench.idle:measure_idle",
    "fair": "victoros.ops.bench.fair:measure_fair",
    "board": "victoros.ops.bench.board:measure_board",
    "active": "victoros.ops.bench.active:measure_active",
    "hosts": "victoros.ops.bench.hosts:measure_hosts",
    "stop": "victoros.ops.bench.stop:measure_stop",
    "live": "victoros.ops.bench.live:measure_live",
    "memory": "victoros.ops.bench.memory:measure_memory",
    "recovery": "victoros.ops.bench.recovery:measure_recovery",
}
LASTING = ("memory",)
"""These are told how many minutes to last."""
PAGED = ("live",)
"""These are told how many pages are open, and whether they fetch what they are told of."""
SCALED = ("board",)
"""These are told which share of the full sample data to fill in, and how often to ask for each page."""


def main() -> None:
    """Measure what the command line names."""
    name, runs, minutes, pages, fetching = sys.argv[1], int(sys.argv[2]), float(sys.argv[3]), *map(int, sys.argv[4:6])
    scale, samples = float(sys.argv[6]), int(sys.argv[7])
    load_django()
    module, function = BENCHES[name].split(":")
    measure: Callable[..., dict[str, Any]] = getattr(import_module(module), function)
    given: dict[tuple[str, ...], list[float]] = {LASTING: [minutes], PAGED: [pages, fetching], SCALED: [scale, samples]}
    extra: list[float] = [value for names, values in given.items() if name in names for value in values]
    print(json.dumps(measure(runs, *extra)))


if __name__ == "__main__":
    main()
