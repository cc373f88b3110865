"""Who does something: a person, an agent, or the system itself."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Actor:
    """The doer of a use case, as the audit entry keeps it."""

    kind: str
    """`person`, `agent` or `system`."""
    ref: int | None
    """The row id of the user or agent; None for the system."""
    name: str

    @property
    def is_agent(self) -> bool:
        """Tell whether an agent acts."""
        return self.kind == "agent"


SYSTEM = Actor("system", None, "victor")


def person(user: Any) -> Actor:
    """Return the actor for a signed-in user."""
    return Actor("person", user.pk, user.get_username())


def agent(ref: int, name: str) -> Actor:
    """Return the actor for an agent."""
    return Actor("agent", ref, name)
