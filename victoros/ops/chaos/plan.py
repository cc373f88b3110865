"""What a fault run is to do, as the command line says it. Everything that is left to chance comes from its seed."""

import random
from dataclasses import dataclass
from functools import cached_property
from typing import TypeVar

T = TypeVar("T")


@dataclass(frozen=True)
class Plan:
    """One run of one kind of fault."""

    name: str
    seed: int
    database: str
    """sqlite or postgres."""
    short: bool = False
    """The size the gate runs."""
    minutes: float | None = None
    """Ends a run early (or lengthens one that goes by time); None means its own size."""

    only: int | None = None
    """The one schedule of the seed that is played, where a run has many; None means all."""

    @cached_property
    def random(self) -> random.Random:
        """The only source of chance: the same seed gives the same schedule."""
        return random.Random(self.seed)  # nosec B311: a schedule, not a secret

    def size(self, full: T, short: T) -> T:
        """Return the one of two sizes that this run has."""
        return short if self.short else full

    @property
    def command(self) -> str:
        """How to run it again."""
        extra = (" --short" if self.short else "") + (f" --minutes {self.minutes:g}" if self.minutes else "")
        return f"./victor chaos {self.name} --database {self.database} --seed {self.seed}{extra}"
