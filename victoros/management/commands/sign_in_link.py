"""`victor sign-in-link`: a one-time link for somebody who cannot sign in."""

import argparse

from agents.services.first_run import LINK_LASTS, make_sign_in_link
from audit.actors import SYSTEM
from victoros.lib.commands import Answer, VictorCommand, page_address


class Command(VictorCommand):
    """See the module."""

    help = "Print a link that signs one person in once, within an hour."

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Add whose link it is."""
        parser.add_argument(
            "--user", dest="username", metavar="USERNAME", help="for whom (default: the first superuser)"
        )

    def act(self, username: str | None) -> Answer:
        """Make a link. Whoever reaches this shell owns the installation, so no rights are asked."""
        link = page_address(make_sign_in_link(actor=SYSTEM, username=username))
        minutes = int(LINK_LASTS.total_seconds() // 60)
        return Answer({"link": link, "minutes": minutes}, f"{link}\nIt works once, within {minutes} minutes.")
