"""The places of the site, in the order the side bar shows them."""

from dataclasses import dataclass
from typing import Any, NamedTuple

from django.utils.translation import gettext_lazy as _

from victoros.lib.wording import Phrase


class Place(NamedTuple):
    """One link of the side bar; `prefix` says which URL names count as being there."""

    url_name: str
    label: Phrase
    icon: str
    prefix: str
    key: str
    """The letter that, after g, goes there."""
    group: Phrase = ""
    for_site: bool = False
    """Whether only administrators of the site are led there."""


PLACES = (
    Place("home", _("Board"), "layout-dashboard", "home", "b"),
    Place("approval_list", _("Needs me"), "triangle-alert", "approval_ attention_ rule_", "n"),
    Place("mail_room", _("Mail room"), "mail", "mail_", "m"),
    Place("task_list", _("Tasks"), "list-checks", "task_ attempt_", "t", _("Work")),
    Place("agent_list", _("Agents"), "bot", "agent_", "a", _("Work")),
    Place("swarm_list", _("Swarms"), "network", "swarm_", "s", _("Work")),
    Place("audit_list", _("Audit"), "scroll-text", "audit_", "r", _("Proof")),
    Place("costs", _("Costs"), "coins", "costs", "o", _("Proof")),
    Place("provider_list", _("Providers"), "brain-circuit", "provider_", "p", _("Site")),
    Place("cell_list", _("Cells"), "cpu", "cell_", "c", _("Site")),
    Place("settings", _("Settings"), "settings", "settings workspace_", "e", _("Site"), for_site=True),
)

THUMB = ("approval_list", "home", "task_list", "agent_list")
"""What stands in the bottom bar of the phone, what needs the operator first; everything else is behind More."""


@dataclass(frozen=True)
class Link:
    """A place with whether the reader is there."""

    place: Place
    is_current: bool


def places_for(user: Any) -> list[Place]:
    """Return the places this reader is led to."""
    return [place for place in PLACES if user.is_superuser or not place.for_site]


def links_for(url_name: str, user: Any) -> list[Link]:
    """Return the places of this reader, the one that `url_name` belongs to marked."""
    return [Link(place, _belongs(url_name, place.prefix)) for place in places_for(user)]


def thumb_links(links: list[Link]) -> list[Link]:
    """Return those of `links` that stand in the bottom bar, in its order."""
    by_name = {link.place.url_name: link for link in links}
    return [by_name[name] for name in THUMB]


def _belongs(url_name: str, prefixes: str) -> bool:
    return any(
        url_name == prefix or (prefix.endswith("_") and url_name.startswith(prefix)) for prefix in prefixes.split()
    )
