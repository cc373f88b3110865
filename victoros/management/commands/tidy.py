"""`victor tidy`: let go of what was kept long enough, now instead of little by little."""

import argparse

from tasks.tidying.run import PUT_RIGHT, count_due, tidy_all
from victoros.lib.commands import Answer, VictorCommand


class Command(VictorCommand):
    """See the module."""

    help = (
        "Delete what was kept long enough (VICTOR_KEEP_... in docs/settings.md), in small batches, "
        "and put kept counts and the search right."
    )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Add whether to look only."""
        parser.add_argument("--dry-run", action="store_true", help="count what would go, and leave it")

    def act(self, dry_run: bool) -> Answer:
        """Tidy. Whoever reaches this shell owns the installation, so no rights are asked."""
        found = count_due() if dry_run else tidy_all()
        said = dict.fromkeys(PUT_RIGHT, "put right")
        lines = [
            f"{count:,} {what} {said.get(what, 'would go' if dry_run else 'gone')}" for what, count in found.items()
        ]
        document = {"dry_run": dry_run, "rows": found, "total": sum(found.values())}
        return Answer(document, "\n".join(lines) or "Nothing is due.")
