"""How much sample data is wanted, and what is refused."""

import re
import shutil
from dataclasses import asdict, dataclass

from django.conf import settings

from victoros.lib.errors import InvalidInput, LimitReached

BYTES_OF_A_STEP = 900
"""Room on the disk for each step, its share of everything else included; measured on SQLite, rounded up."""


@dataclass(frozen=True)
class Size:
    """How many rows of each kind."""

    agents: int = 10_000
    tasks: int = 100_000
    steps: int = 1_000_000

    def scaled(self, share: float) -> "Size":
        """Return this share of it, but one agent and one task at least."""
        return Size(max(1, round(self.agents * share)), max(1, round(self.tasks * share)), round(self.steps * share))

    def as_dict(self) -> dict[str, int]:
        """Return it as a document."""
        return asdict(self)


FULL = Size()
MOST = Size(agents=100_000, tasks=1_000_000, steps=20_000_000)
STEPS_OF_A_TASK = 1_000
"""On average, at most: no attempt may have more than 2,000."""


def read_share(text: str) -> float:
    """Return `1%` as 0.01 and `0.5` as 0.5; refuse what is no share above nothing and up to tenfold."""
    found = re.fullmatch(r"(\d{1,6}(?:\.\d{1,6})?)(%?)", text.strip())
    share = float(found[1]) / (100 if found[2] else 1) if found else 0.0
    if not 0 < share <= 10:
        raise InvalidInput(
            f"{text[:40]!r} is no scale.", hint="Give a share such as 1%, 50% or 0.2; 100% is the default."
        )
    return share


def check_size(size: Size) -> None:
    """Raise `InvalidInput` for nonsense and `LimitReached` where it is too much or the disk has no room for it."""
    for name, most in MOST.as_dict().items():
        number, least = getattr(size, name), 0 if name == "steps" else 1
        if not least <= number <= most:
            raise InvalidInput(f"{number:,} {name} cannot be made.", hint=f"Give a number from {least} to {most:,}.")
    if size.steps > size.tasks * STEPS_OF_A_TASK:
        raise InvalidInput(
            f"{size.steps:,} steps are too many for {size.tasks:,} tasks.",
            hint=f"A task has {STEPS_OF_A_TASK:,} steps at most: ask for more tasks or for fewer steps.",
        )
    _check_disk(size)


def _check_disk(size: Size) -> None:
    """Only for a database on this disk: nobody knows here how full another host's is."""
    if not settings.DATABASES["default"]["ENGINE"].endswith("sqlite3"):
        return
    needed, free = size.steps * BYTES_OF_A_STEP, shutil.disk_usage(settings.VICTOR_HOME).free
    if needed * 1.2 > free:
        raise LimitReached(
            f"That needs about {needed / 1e9:.1f} GB; the disk has {free / 1e9:.1f} GB left.",
            hint="Choose a smaller --scale, or make room first.",
        )
