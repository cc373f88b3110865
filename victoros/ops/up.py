"""`./victor up`: starts everything in order, says when it is ready, and stays until it is asked to stop."""

import gc
import json
import os
from collections.abc import Sequence
from contextlib import suppress
from socket import socket
from typing import Any

from victoros.lib.env import hand_down
from victoros.lib.errors import Category, Misconfigured, VictorError
from victoros.ops.console import Console
from victoros.ops.health import HealthProbe
from victoros.ops.home import Home
from victoros.ops.listening import listen, own_addresses, pick_free_port
from victoros.ops.logs import last_words
from victoros.ops.migrating import migrate
from victoros.ops.options import UpOptions, read_options
from victoros.ops.running import ROOT, SupervisedRun, age_of_this_process, clear_home
from victoros.ops.services import llm_service, run_management_command, valkey_service, web_service, work_services
from victoros.ops.signals import Signals
from victoros.ops.valkey import valkey_url, wait_for_valkey

LOOPBACK = ("127.0.0.1", "localhost", "::1")


class CannotStart(VictorError):
    """A part that everything needs does not work; what had been started was ended again."""

    category = Category.SYSTEM


def run(arguments: Sequence[str]) -> int:
    """Run until asked to stop; return the exit code."""
    options = read_options(arguments, ROOT)
    signals, console = Signals(), Console()
    signals.install()
    home = Home(options.home)
    clear_home(Up.command, home, console)
    with listen(options.host, options.port) as listener:
        Up(options, home, console, signals, listener).run()
    return 0


class Up(SupervisedRun):
    """One run of the whole installation."""

    command = "up"

    def __init__(self, options: UpOptions, home: Home, console: Console, signals: Signals, listener: socket) -> None:
        self.options, self.listener = options, listener
        self.port = int(listener.getsockname()[1])
        self.url = f"http://{_name_in_url(options.host)}:{self.port}"
        self.socket_path = None if os.environ.get("VICTOR_REDIS_URL") else home.socket_of("valkey")
        self.llm_port = pick_free_port() if options.with_model and not os.environ.get("VICTOR_LLM_URL") else 0
        redis_url = valkey_url(self.socket_path) if self.socket_path else os.environ["VICTOR_REDIS_URL"]
        super().__init__(home, console, signals, redis_url)

    def start(self) -> None:
        """Bring everything up, each part when what it needs is there."""
        self.hand_down_settings()
        self.start_queue()
        self.load()
        self.await_queue()
        self.prepare_database()
        self.start_services()
        link = self.make_first_link()
        self.await_health()
        self.console.say(f"ready {self.url} in {age_of_this_process():.1f} s")
        if link:
            self.console.say(f"sign in (works once): {self.url}{link}")

    def stay(self) -> None:
        """Look after everything until somebody asks for the end; say when the model has loaded."""
        probe = HealthProbe("127.0.0.1", self.llm_port, "/health") if self.llm_port else None
        while not self.supervisor.is_stopping:
            self.supervisor.tick()
            if probe and probe.succeeds():
                self.console.event("llm", "the embedded language model is ready")
                probe = None

    def hand_down_settings(self) -> None:
        """Put what was decided here into the environment that settings and children read."""
        hand_down("VICTOR_HOME", str(self.home.path))
        hand_down("VICTOR_REDIS_URL", self.redis_url)
        if self.llm_port:
            hand_down("VICTOR_LLM_URL", f"http://127.0.0.1:{self.llm_port}")
        if self.options.cells is not None:
            hand_down("VICTOR_CELLS", str(self.options.cells))
        if self.options.host not in LOOPBACK and "VICTOR_HOSTS" not in os.environ:
            hand_down("VICTOR_HOSTS", ",".join([*LOOPBACK[:2], "[::1]", *own_addresses()]))

    def start_queue(self) -> None:
        """Start the embedded Valkey, unless another server is named."""
        if self.socket_path:
            self.supervisor.start(valkey_service(self.socket_path))

    def await_queue(self) -> None:
        """Make sure that the queue server answers."""
        if self.socket_path and not wait_for_valkey(self.socket_path):
            raise CannotStart(
                f"The embedded Valkey does not start: {last_words(self.home.log_of('valkey'))}",
                hint=f"Read {self.home.log_of('valkey')}, or name a server with VICTOR_REDIS_URL.",
            )
        if not self.socket_path and not self.supervisor.messenger.answers():
            raise Misconfigured(
                "The server named in VICTOR_REDIS_URL does not answer.",
                hint="Start it, correct the address, or unset VICTOR_REDIS_URL to use the embedded one.",
            )

    def prepare_database(self) -> None:
        """Apply missing migrations."""
        code = self.supervisor.run_once("migrate", migrate)
        self.check_stop()
        if code:
            log = self.home.log_of("migrate")
            raise CannotStart(
                f"The database cannot be used: {last_words(log)}",
                hint=f"Check VICTOR_DATABASE_URL; the whole output is in {log}.",
            )
        self.console.event("database", "up to date")

    def start_services(self) -> None:
        """Fork everything else. What the collector never touched and never will stays shared memory."""
        from django.conf import settings

        gc.freeze()
        model = [llm_service(self.llm_port)] if self.llm_port else []
        for service in [web_service(self.listener), *work_services(settings.VICTOR_CELLS), *model]:
            self.supervisor.start(service)

    def make_first_link(self) -> str | None:
        """Return the path of the one-time sign-in link if this home has no operator yet."""
        log = self.home.log_of("first_run")
        log.unlink(missing_ok=True)
        code = self.supervisor.run_once("first_run", lambda: run_management_command("first_run", "--json"))
        if code:
            self.console.event("up", f"cannot make a sign-in link: {last_words(log)}", alarm=True)
            return None
        with suppress(ValueError, AttributeError):
            link = json.loads(log.read_text()).get("link")
            return str(link) if link else None
        return None

    def await_health(self) -> None:
        """Wait until the pages answer."""
        from django.conf import settings

        host = _name_in_url(self.options.host).strip("[]")
        name = settings.ALLOWED_HOSTS[0].lstrip(".").replace("*", "localhost") if settings.ALLOWED_HOSTS else host
        probe = HealthProbe(host, self.port, "/healthz", asked_for=name, https=settings.VICTOR_HTTPS)
        self.tick_until(probe.succeeds, 0.02)

    def describe(self) -> dict[str, Any]:
        """Return what other commands must know, and where the pages are."""
        return super().describe() | {"url": self.url, "host": self.options.host, "port": self.port}


def _name_in_url(host: str) -> str:
    """Return the address to open in a browser on this machine."""
    plain = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}.get(host, host)  # nosec B104
    return f"[{plain}]" if ":" in plain else plain
