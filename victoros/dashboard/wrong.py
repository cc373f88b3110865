"""What is wrong right now, each with where to look."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.urls import reverse

from agents.models import Provider
from victoros.dashboard.cells import CellsPage
from victoros.dashboard.crew import Member

RECENT = timedelta(hours=1)


@dataclass(frozen=True)
class Trouble:
    """One thing that is wrong."""

    status: str
    title: str
    why: str
    url: str
    at: datetime | None = None


def find_trouble(
    user: Any, stages: dict[str, int], members: list[Member], cells: CellsPage, working: int, now: datetime
) -> list[Trouble]:
    """Return what is wrong, the widest first. One query (providers)."""
    return [
        *_of_cells(cells, working, now),
        *_of_providers(),
        *_of_members(members),
        *_of_tasks(stages),
    ]


def _of_cells(cells: CellsPage, working: int, now: datetime) -> list[Trouble]:
    url = reverse("cell_list")
    found = []
    if not cells.alive:
        why = f"{working} attempts wait for one" if working else "work would wait for one"
        found.append(Trouble("dead", "No cell is alive", f"{why}; start ./victor up", url))
    for row in cells.alive:
        if row.is_late:
            found.append(Trouble("stalled", f"Cell {row.cell.pk} is silent", "its lease is about to end", url, row.cell.heartbeat_at))
    for cell in cells.gone:
        if cell.status == "dead" and cell.ended_at and now - cell.ended_at < RECENT:
            why = cell.reason or "its attempts went on elsewhere"
            found.append(Trouble("dead", f"Cell {cell.pk} died", why, url, cell.ended_at))
    return found


def _of_providers() -> list[Trouble]:
    broken = Provider.objects.filter(archived_at=None, test_ok=False)[:5]
    url = reverse("provider_list")
    return [Trouble("error", f"Provider {one.name} failed its test", one.test_message, url, one.tested_at) for one in broken]


def _of_members(members: list[Member]) -> list[Trouble]:
    found = []
    for member in members:
        url = reverse("agent_view", args=[member.agent.pk])
        name = member.agent.name
        if member.agent.status in ("error", "offline"):
            why = member.agent.status_reason or "see its last steps"
            found.append(Trouble("error", f"{name} is in {member.agent.status}", why, url, member.agent.status_since))
        elif member.is_wrong:
            fact = member.alive if member.alive.state == "no" else member.advancing
            found.append(Trouble("stalled", f"{name} is not {fact.name}", fact.source, url, fact.at))
    return found


def _of_tasks(stages: dict[str, int]) -> list[Trouble]:
    found = []
    for status in ("quarantined", "failed"):
        count = stages.get(status, 0)
        if count:
            noun = "task was quarantined" if (count, status) == (1, "quarantined") else "tasks were quarantined"
            noun = noun if status == "quarantined" else "task failed" if count == 1 else "tasks failed"
            url = f"{reverse('task_list')}?state={status}"
            found.append(Trouble(status, f"{count:,} {noun}", "retry, change or cancel them", url))
    return found
