"""What is wrong right now, each with where to look."""

from dataclasses import dataclass
from datetime import datetime

from django.urls import reverse
from django.utils.translation import gettext as _

from audit.reasons import say_reason
from victoros.dashboard.cells import CellsPage
from victoros.dashboard.crew import Member
from victoros.dashboard.figures import Figures
from victoros.lib.database import was_full_lately
from victoros.lib.disk import find_full
from victoros.lib.wording import say_many, say_word


@dataclass(frozen=True)
class Trouble:
    """One thing that is wrong."""

    status: str
    title: str
    why: str
    url: str
    at: datetime | None = None


def find_trouble(figures: Figures, members: list[Member], cells: CellsPage) -> list[Trouble]:
    """Return what is wrong, the widest first. No query: it judges what the board has read."""
    of_cells = _of_cells(cells, figures)
    is_explained = not cells.alive or any(row.is_late for row in cells.alive)
    return [*_of_disk(), *of_cells, *_of_providers(figures), *_of_members(members, is_explained), *_of_tasks(figures)]


def _of_disk() -> list[Trouble]:
    """Tell of a disk without room: what is there can be read, nothing is stored."""
    full = find_full()
    if full is None and not was_full_lately():
        return []
    where = (
        _("%(value)s MB left at %(path)s") % {"value": full[1], "path": full[0]} if full else _("the database says so")
    )
    return [
        Trouble(
            "error",
            _("The disk is full"),
            _("%(where)s; nothing can be stored") % {"where": where},
            reverse("cell_list"),
        )
    ]


def _of_cells(cells: CellsPage, figures: Figures) -> list[Trouble]:
    url = reverse("cell_list")
    found = []
    if not cells.alive:
        why = (
            _("%(active)s attempts wait for one") % {"active": f"{figures.active:,}"}
            if figures.active
            else _("work would wait for one")
        )
        found.append(Trouble("dead", _("No cell is alive"), _("%(why)s; start ./victor up") % {"why": why}, url))
    for row in cells.alive:
        if row.is_late:
            why = _("no heartbeat; when its lease ends, its attempts go on elsewhere")
            found.append(
                Trouble("stalled", _("Cell %(pk)s is silent") % {"pk": row.cell.pk}, why, url, row.cell.heartbeat_at)
            )
    for cell in cells.gone:
        why = say_reason(cell.reason) or _("its attempts went on elsewhere")
        found.append(Trouble("dead", _("Cell %(pk)s died") % {"pk": cell.pk}, why, url, cell.ended_at))
    return found


def _of_providers(figures: Figures) -> list[Trouble]:
    count = figures.broken_providers
    if not count:
        return []
    title = _("%(count)s failed the last test") % {"count": say_many(count, "provider")}
    return [Trouble("error", title, _("agents that ask it will fail"), f"{reverse('provider_list')}?state=failed")]


def _of_members(members: list[Member], is_explained: bool) -> list[Trouble]:
    """Agents in error, and those not alive or not advancing unless silent cells already explain it."""
    found = []
    are_many = len({member.agent.swarm_id for member in members}) > 1
    for member in members:
        agent, url = member.agent, reverse("agent_view", args=[member.agent.pk])
        name = _("%(agent)s of %(swarm)s") % {"agent": agent, "swarm": agent.swarm} if are_many else agent.name
        if agent.status in ("error", "offline"):
            why = say_reason(agent.status_reason) or _("see its last steps")
            said = _("%(name)s is in error") if agent.status == "error" else _("%(name)s is offline")
            found.append(Trouble("error", said % {"name": name}, why, url, agent.status_since))
        elif member.is_wrong and not is_explained:
            is_dead = member.proof.alive.state == "no"
            fact = member.proof.alive if is_dead else member.proof.advancing
            said = _("%(name)s is not alive") if is_dead else _("%(name)s is not advancing")
            found.append(
                Trouble(
                    "stalled",
                    said % {"name": name},
                    fact.source,
                    url,
                    fact.at,
                )
            )
    return found


def _of_tasks(figures: Figures) -> list[Trouble]:
    found = []
    for status in ("quarantined", "failed"):
        count = figures.tasks.get(status, 0)
        if count:
            title = f"{say_many(count, 'task')} {say_word(status)}"
            url = f"{reverse('task_list')}?state={status}"
            found.append(Trouble(status, title, _("retry, change or cancel"), url))
    return found
