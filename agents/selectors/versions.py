"""Versions of an agent, and what one changed against another."""

from dataclasses import dataclass

from django.utils.translation import gettext as _

from agents.models import Agent, AgentVersion
from agents.selectors.choices import PAGE
from victoros.lib.differences import Pair, compare
from victoros.lib.errors import NotFound

NAMES = ("capabilities", "tools", "program", "provider_name")


@dataclass(frozen=True)
class Change:
    """A field beside the instructions that differs."""

    name: str
    old: str
    new: str


@dataclass(frozen=True)
class VersionPage:
    """The versions, newest first, and the comparison of two of them."""

    rows: list[AgentVersion]
    next: int | None
    """The number of the last version of this page, when there are older ones."""
    old: AgentVersion | None
    """None for the first version: it is compared with nothing."""
    new: AgentVersion | None
    """None when no version was kept."""
    changes: list[Change]
    pairs: list[Pair]


def read_versions(
    agent: Agent, n: int | None = None, before: int | None = None, after: int | None = None
) -> VersionPage:
    """Compare version `n` (the newest if not given) with version `before` (the one that came before it).

    Raises `NotFound` for a version that is not kept. Three queries.
    """
    versions = AgentVersion.objects.filter(agent=agent)
    older = versions.filter(n__lt=after) if after else versions
    page = list(older.defer("instructions").order_by("-n")[: PAGE + 1])
    new = _find(agent, n) if n else versions.order_by("-n").first()
    old = (
        None if new is None else _find(agent, before) if before else versions.filter(n__lt=new.n).order_by("-n").first()
    )
    return VersionPage(
        rows=page[:PAGE],
        next=page[PAGE - 1].n if len(page) > PAGE else None,
        old=old,
        new=new,
        changes=_list_changes(old, new) if new and old else [],
        pairs=compare(old.instructions if old else "", new.instructions) if new else [],
    )


def _find(agent: Agent, n: int) -> AgentVersion:
    found = AgentVersion.objects.filter(agent=agent, n=n).first()
    if found is None:
        raise NotFound(
            _("Version %(n)s of the agent %(name)s is not kept.") % {"n": n, "name": agent.name},
            hint=_("Choose one from the list."),
        )
    return found


def _list_changes(old: AgentVersion, new: AgentVersion) -> list[Change]:
    said = ((name, _say(getattr(old, name)), _say(getattr(new, name))) for name in NAMES)
    return [Change(name.removesuffix("_name"), before, after) for name, before, after in said if before != after]


def _say(value: object) -> str:
    return ", ".join(value) if isinstance(value, list) else str(value)
