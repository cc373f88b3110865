"""Cells and scheduler under the real supervisor, without pages and model: what benches and fault tests drive.

`python -m victoros.ops.crew --cells 2 [--import MODULE]` works on what the environment names until it is told to end.
It keeps the pids of its processes in `crew.json` of the home.
"""

import argparse
import json
import os
from importlib import import_module
from pathlib import Path

from victoros.ops import watched
from victoros.ops.console import Console
from victoros.ops.django_setup import load_django, load_shared_modules
from victoros.ops.home import Home
from victoros.ops.messenger import Messenger
from victoros.ops.services import work_services
from victoros.ops.signals import Signals
from victoros.ops.supervisor import TICK_S, Supervisor

FACTS = "crew.json"


def main() -> None:
    """Run until SIGTERM."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cells", type=int, default=1)
    parser.add_argument(
        "--import", dest="modules", action="append", default=[], help="a module to load before the fork"
    )
    parser.add_argument("--tick", type=float, default=TICK_S, help="how often to look whether a cell died, in seconds")
    options = parser.parse_args()
    os.environ["VICTOR_CELLS"] = str(options.cells)
    signals = Signals()
    signals.install()
    load_django()
    load_shared_modules()
    for module in options.modules:
        import_module(module)
    _be_patient()
    home = Home(Path(os.environ["VICTOR_HOME"]))
    supervisor = Supervisor(home, Console(), signals, Messenger(os.environ["VICTOR_REDIS_URL"], home.path))
    _work(supervisor, options.cells, options.tick)


def _be_patient() -> None:
    """Restart at once however often something dies: here it is killed on purpose."""
    watched.FIRST_PAUSE_S = watched.LONGEST_PAUSE_S = 0.05
    watched.MANY_DEATHS = 1_000_000


def _work(supervisor: Supervisor, cells: int, tick_s: float) -> None:
    supervisor.on_change = lambda: _write_facts(supervisor)
    try:
        for service in work_services(cells):
            if service.name != "chores":
                supervisor.start(service)
        while not supervisor.is_stopping:
            supervisor.tick(tick_s)
    finally:
        supervisor.stop_all()


def _write_facts(supervisor: Supervisor) -> None:
    path = supervisor.home.path / FACTS
    fresh = path.with_suffix(".new")
    fresh.write_text(json.dumps({name: entry.pid for name, entry in supervisor.watched.items()}))
    fresh.replace(path)


if __name__ == "__main__":
    main()
