"""Runs one bench inside its scratch and prints the figures as JSON: `python -m victoros.ops.bench.measure steps 3`."""

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
    "recovery": "victoros.ops.bench.recovery:measure_recovery",
}


def main() -> None:
    """Measure what the command line names."""
    name, runs = sys.argv[1], int(sys.argv[2])
    load_django()
    module, function = BENCHES[name].split(":")
    measure: Callable[[int], dict[str, Any]] = getattr(import_module(module), function)
    print(json.dumps(measure(runs)))


if __name__ == "__main__":
    main()
