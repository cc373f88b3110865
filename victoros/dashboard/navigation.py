"""The places of the site, in the order the side bar shows them."""

from dataclasses import dataclass
from typing import NamedTuple


class Place(NamedTuple):
    """One link of the side bar; `prefix` says which URL names count as being there."""

    url_name: str
    label: str
    icon: str
    prefix: str
    group: str = ""
    phone: bool = False
    """Whether it stands in the bottom bar of the phone too."""


PLACES = (
    Place("home", "Board", "layout-dashboard", "home", phone=True),
    Place("approval_list", "Needs me", "triangle-alert", "approval_ attention_", phone=True),
    Place("mail_room", "Mail room", "mail", "mail_"),
    Place("task_list", "Tasks", "list-checks", "task_", "Work", phone=True),
    Place("agent_list", "Agents", "bot", "agent_", "Work", phone=True),
    Place("swarm_list", "Swarms", "network", "swarm_", "Work"),
    Place("audit_list", "Audit", "scroll-text", "audit_", "Proof"),
    Place("provider_list", "Providers", "brain-circuit", "provider_", "Site"),
    Place("cell_list", "Cells", "cpu", "cell_", "Site"),
)


@dataclass(frozen=True)
class Link:
    """A place with whether the reader is there."""

    place: Place
    is_current: bool


def links_for(url_name: str) -> list[Link]:
    """Return every place, the one that `url_name` belongs to marked."""
    return [Link(place, _belongs(url_name, place.prefix)) for place in PLACES]


def _belongs(url_name: str, prefixes: str) -> bool:
    return any(
        url_name == prefix or (prefix.endswith("_") and url_name.startswith(prefix)) for prefix in prefixes.split()
    )
