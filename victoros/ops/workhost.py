"""`./victor worker`: cells, chores and a scheduler standing by, on a host whose pages are elsewhere."""

import gc
import os
from collections.abc import Sequence

from victoros.lib.errors import Misconfigured
from victoros.lib.host import host_of, name_of
from victoros.ops.console import Console
from victoros.ops.home import Home
from victoros.ops.joining import look, read_join, require_shared_settings
from victoros.ops.options import WorkerOptions, read_worker_options
from victoros.ops.running import ROOT, SupervisedRun, age_of_this_process, clear_home
from victoros.ops.services import work_services
from victoros.ops.signals import Signals

LOOK_S = 2.0


def run(arguments: Sequence[str]) -> int:
    """Run until asked to stop; return the exit code."""
    options = read_worker_options(arguments, ROOT)
    signals, console = Signals(), Console()
    signals.install()
    home = Home(options.home)
    require_shared_settings(home.path)
    clear_home(WorkHost.command, home, console)
    WorkHost(options, home, console, signals).run()
    return 0


class WorkHost(SupervisedRun):
    """One run of a host that only works."""

    command = "worker"

    def __init__(self, options: WorkerOptions, home: Home, console: Console, signals: Signals) -> None:
        super().__init__(home, console, signals, os.environ["VICTOR_REDIS_URL"])
        self.options = options

    def start(self) -> None:
        """Wait until this host fits the installation, then work."""
        from django.conf import settings

        os.environ["VICTOR_HOME"] = str(self.home.path)
        if self.options.cells is not None:
            os.environ["VICTOR_CELLS"] = str(self.options.cells)
        self.load()
        self.write_facts()
        self.await_installation()
        gc.freeze()
        for service in work_services(settings.VICTOR_CELLS):
            self.supervisor.start(service)
        self.await_cells()
        name = name_of(host_of(self.home.path))
        self.console.say(f"ready {settings.VICTOR_CELLS} cells on {name} in {age_of_this_process():.1f} s")

    def await_installation(self) -> None:
        """Wait for database, migrations and Redis, saying once what is waited for; refuse a key that is not theirs."""
        told = ""
        while why := self.find_reason_to_wait():
            if why != told:
                self.console.event("worker", f"{why}. Waiting", alarm=True)
            told = why
            self.supervisor.tick(LOOK_S)
            self.check_stop()

    def find_reason_to_wait(self) -> str:
        """Look once; return why the work cannot begin, or nothing."""
        log = self.home.log_of("join")
        log.unlink(missing_ok=True)
        self.supervisor.run_once("join", look)
        self.check_stop()
        found = read_join(log)
        if found.refuse:
            raise Misconfigured(found.refuse)
        if found.wait:
            return found.wait.rstrip(".")
        if not self.supervisor.messenger.answers():
            return "The server named in VICTOR_REDIS_URL does not answer"
        for warning in found.warnings:
            self.console.event("worker", warning.rstrip("."), alarm=True)
        return ""

    def await_cells(self) -> None:
        """Wait until every worker hosts a cell."""
        cells = [w for w in self.supervisor.watched.values() if w.service.hosts_cells]
        self.tick_until(lambda: all(w.hosted for w in cells), 0.1)
