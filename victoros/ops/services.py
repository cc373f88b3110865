"""What `up` runs, as functions to be called in a process of their own."""

import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from socket import socket

from victoros.ops.valkey import valkey_command


@dataclass(frozen=True)
class Service:
    """One supervised process."""

    name: str
    run: Callable[[], object]
    stage: str
    """When it is told to stop; see `supervisor.STAGES`."""
    hosts_cells: bool = False
    """Its children hold leases: their death is reported at once instead of waiting for the lease to end."""
    registers_in_queue: bool = False
    """It is known to the queue server only by having registered when it began."""
    listener: socket | None = None
    """The listening socket it serves; the supervisor keeps it open, so connections wait while it is restarted."""


def valkey_service(socket_path: Path) -> Service:
    """The embedded queue and message server."""
    command = valkey_command(socket_path)
    return Service("valkey", lambda: os.execv(command[0], command), "valkey")


def llm_service(port: int) -> Service:
    """The embedded language model."""
    return Service("llm", lambda: run_management_command("serve_llm", "--port", str(port)), "llm")


def web_service(listener: socket) -> Service:
    """Pages, API and live connections."""
    return Service("web", lambda: _serve_web(listener), "web", listener=listener)


def work_services(cells: int) -> list[Service]:
    """The RQ workers and the scheduler."""
    hosts = [
        Service(
            f"cell-{n}",
            lambda: _host("cells"),
            "work",
            hosts_cells=True,
            registers_in_queue=True,
        )
        for n in range(1, cells + 1)
    ]
    chores = Service("chores", lambda: _host("chores"), "work", registers_in_queue=True)
    return [*hosts, chores, Service("scheduler", lambda: run_management_command("scheduler"), "work")]


def _host(queue: str) -> None:
    """Be a worker of a queue, as soon as there is one."""
    from tasks.engine.hosting import wait_for_redis, worker_options

    wait_for_redis()
    run_management_command("rqworker", queue, **worker_options())


def run_management_command(name: str, *arguments: str, **options: object) -> None:
    """Run one command of manage.py in this process, without Django's system checks: they load and touch everything."""
    from django.core.management import call_command

    sys.argv = ["manage.py", name, *arguments]
    call_command(name, *arguments, **options)


def _serve_web(listener: socket) -> None:
    # Imported here: Twisted makes its event loop on import, and loops must not be inherited through a fork.
    from daphne.cli import CommandLineInterface

    from victoros.lib import clock, heap

    clock.agree_in_background()
    heap.tidy_in_background()
    sys.argv = [
        "daphne",
        "--fd",
        str(listener.fileno()),
        "--verbosity",
        "0",
        "--no-server-name",
        "victoros.asgi:application",
    ]
    CommandLineInterface.entrypoint()
