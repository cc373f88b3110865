"""`victor first_run`: what `up` runs after migrating. Makes the first operator and a link until one has been used."""

from agents.services.first_run import ensure_operator
from victoros.lib.commands import Answer, VictorCommand


class Command(VictorCommand):
    """See the module."""

    help = "Make the first operator, workspace and provider; print a one-time sign-in link until one has been used."

    def act(self) -> Answer:
        """Make what is missing."""
        link = ensure_operator()
        return Answer({"link": link}, link or "Somebody has signed in before; make a link with ./victor sign-in-link.")
