"""What somebody wants to see of a list, as it stands in the address; refuses what is no choice."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from victoros.lib.errors import InvalidInput

PAGE = 50


@dataclass(frozen=True)
class Choice:
    """Filters of a list; the empty one means all that the asker may see."""

    swarm: int | None = None
    agent: int | None = None
    state: str = ""
    search: str = ""
    after: int | None = None
    """Id of the last row of the page before; newer rows come first."""

    @property
    def is_narrow(self) -> bool:
        """Tell whether it leaves anything out."""
        return bool(self.swarm or self.agent or self.state or self.search)


def read_choice(query: Mapping[str, str], states: Collection[str] = ()) -> Choice:
    """Build the choice from an address' query; `states` are the words `state` may be."""
    state = query.get("state", "")
    if state and state not in states:
        raise InvalidInput(f"{state[:40]!r} is no state here.", hint=f"States are: {', '.join(states)}.")
    return Choice(
        swarm=read_number(query, "swarm"),
        agent=read_number(query, "agent"),
        state=state,
        search=query.get("q", "").replace("\x00", "").strip()[:100],
        after=read_number(query, "after"),
    )


def read_number(query: Mapping[str, str], name: str) -> int | None:
    """Return the id an address gives for `name`; None when it gives none."""
    text = (query.get(name) or "").strip()
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 16):
        raise InvalidInput(f"{name} must be a number, not {text[:40]!r}.", hint="Choose from the list again.")
    return int(text)
