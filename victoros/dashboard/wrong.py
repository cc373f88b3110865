"""What is wrong right now, each with where to look."""

from dataclasses import dataclass
from datetime import datetime

from django.urls import reverse

from victoros.dashboard.cells import CellsPage
from victoros.dashboard.crew import Member
from victoros.dashboard.figures import Figures
from victoros.lib.figures import say_many


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
    return [*of_cells, *_of_providers(figures), *_of_members(members, is_explained), *_of_tasks(figures)]


def _of_cells(cells: CellsPage, figures: Figures) -> list[Trouble]:
    url = reverse("cell_list")
    found = []
    if not cells.alive:
        why = f"{figures.active:,} attempts wait for one" if figures.active else "work would wait for one"
        found.append(Trouble("dead", "No cell is alive", f"{why}; start ./victor up", url))
    for row in cells.alive:
        if row.is_late:
            why = "no heartbeat; when its lease ends, its attempts go on elsewhere"
            found.append(Trouble("stalled", f"Cell {row.cell.pk} is silent", why, url, row.cell.heartbeat_at))
    for cell in cells.gone:
        why = cell.reason or "its attempts went on elsewhere"
        found.append(Trouble("dead", f"Cell {cell.pk} died", why, url, cell.ended_at))
    return found


def _of_providers(figures: Figures) -> list[Trouble]:
    count = figures.broken_providers
    if not count:
        return []
    title = f"{say_many(count, 'provider')} failed the last test"
    return [Trouble("error", title, "agents that ask it will fail", reverse("provider_list"))]


def _of_members(members: list[Member], is_explained: bool) -> list[Trouble]:
    """Agents in error, and those not alive or not advancing unless silent cells already explain it."""
    found = []
    for member in members:
        agent, url = member.agent, reverse("agent_view", args=[member.agent.pk])
        if agent.status in ("error", "offline"):
            why = agent.status_reason or "see its last steps"
            found.append(Trouble("error", f"{agent.name} is in {agent.status}", why, url, agent.status_since))
        elif member.is_wrong and not is_explained:
            fact = member.proof.alive if member.proof.alive.state == "no" else member.proof.advancing
            found.append(Trouble("stalled", f"{agent.name} is not {fact.name}", fact.source, url, fact.at))
    return found


def _of_tasks(figures: Figures) -> list[Trouble]:
    found = []
    for status in ("quarantined", "failed"):
        count = figures.tasks.get(status, 0)
        if count:
            title = f"{say_many(count, 'task')} {status}"
            url = f"{reverse('task_list')}?state={status}"
            found.append(Trouble(status, title, "retry, change or cancel", url))
    return found
