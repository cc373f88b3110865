"""`victor scheduler`: the process that puts right what no other will. Started by `victor up`."""

from typing import Any

from django.core.management.base import BaseCommand

from tasks.bulk.vehicle import watch_in_background
from tasks.engine.reconciler import run_scheduler


class Command(BaseCommand):
    """Run the reconciler until ended."""

    help = "Run the reconciler: bury dead cells, wake what waits, keep cells running. One is active at a time."

    def handle(self, *args: Any, **options: Any) -> None:
        """Run until the process is ended."""
        watch_in_background()
        run_scheduler()
