"""`serve_llm`: run the embedded language model's server in the place of this process."""

import os
import sys
from argparse import ArgumentParser

from django.conf import settings
from django.core.management.base import BaseCommand

from agents.llm.embedded_server import SLEEP_AFTER_S


class Command(BaseCommand):
    """Becomes the server (same process id), so that Django's memory is given back."""

    help = "Serve the embedded language model on this machine, OpenAI-compatible. Ends when its parent ends."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--port", type=int, required=True)
        parser.add_argument(
            "--parallel",
            type=int,
            default=2,
            help="questions worked on at once (default 2)",
        )
        parser.add_argument(
            "--sleep-after",
            type=int,
            default=SLEEP_AFTER_S,
            help="seconds without questions until it is unloaded",
        )

    def handle(
        self,
        *,
        host: str,
        port: int,
        parallel: int,
        sleep_after: int,
        **options: object,
    ) -> None:
        command = [
            sys.executable,
            "-m",
            "agents.llm.embedded_server",
            f"--host={host}",
            f"--port={port}",
        ]
        command += [f"--parallel={parallel}", f"--sleep-after={sleep_after}"]
        path = os.pathsep.join(filter(None, [str(settings.BASE_DIR), os.environ.get("PYTHONPATH")]))
        os.execve(sys.executable, command, os.environ | {"PYTHONPATH": path})
