"""Tables of allowed transitions, so that each state machine is one readable literal and one check."""

from collections.abc import Mapping
from dataclasses import dataclass

from victoros.lib.errors import Conflict


@dataclass(frozen=True)
class StateMachine:
    """Which state may follow which; `table` maps a state to the states it may become."""

    noun: str
    table: Mapping[str, frozenset[str]]

    def may(self, old: str, new: str) -> bool:
        """Tell whether `old` may become `new`."""
        return new in self.table.get(old, frozenset())

    def sources(self, new: str) -> list[str]:
        """Return the states from which `new` can be reached, for conditional updates."""
        return sorted(old for old, followers in self.table.items() if new in followers)

    def require(self, old: str, new: str) -> None:
        """Raise `Conflict` unless `old` may become `new`."""
        if not self.may(old, new):
            raise Conflict(
                f"A {self.noun} that is {old.replace('_', ' ')} cannot become {new.replace('_', ' ')}.",
                hint=f"From {old.replace('_', ' ')} it may become: {', '.join(sorted(self.table.get(old, ()))) or 'nothing'}.",
            )


def machine(noun: str, **table: str) -> StateMachine:
    """Build a machine from `state="next next"` keywords; every follower must itself be a state."""
    parsed = {old: frozenset(followers.split()) for old, followers in table.items()}
    unknown = {new for followers in parsed.values() for new in followers} - parsed.keys()
    if unknown:
        raise ValueError(f"{noun}: unknown states {sorted(unknown)}")
    return StateMachine(noun, parsed)
