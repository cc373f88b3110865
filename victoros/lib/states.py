"""Tables of allowed transitions, so that each state machine is one readable literal and one check."""

from collections.abc import Mapping
from dataclasses import dataclass

from victoros.lib.errors import Conflict
from victoros.lib.sentences import sentence as _
from victoros.lib.wording import say_word


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
                _("A %(noun)s that is %(value)s cannot become %(value2)s.")
                % {"noun": say_word(self.noun), "value": say_word(old), "value2": say_word(new)},
                hint=_("From %(value)s it may become: %(value2)s.")
                % {"value": say_word(old), "value2": self._say_followers(old)},
            )

    def _say_followers(self, old: str) -> str:
        return ", ".join(say_word(new) for new in sorted(self.table.get(old, ()))) or _("nothing")


def machine(noun: str, **table: str) -> StateMachine:
    """Build a machine from `state="next next"` keywords; every follower must itself be a state."""
    parsed = {old: frozenset(followers.split()) for old, followers in table.items()}
    unknown = {new for followers in parsed.values() for new in followers} - parsed.keys()
    if unknown:
        raise ValueError(f"{noun}: unknown states {sorted(unknown)}")
    return StateMachine(noun, parsed)
