"""The main pages of the site, each with a row worth opening: what benches measure and tests weigh."""

from typing import Any

from django.db.models import Count, QuerySet
from django.urls import reverse

from agents.models import Agent, Swarm
from tasks.models import Attempt, Cell, Task

COMMON_WORD, RARE_WORD = "invoice", "10007"
"""Of the titles that sample data gives: a word of one task in twenty, and a number of one task alone."""
STEPS_OF_A_TASK = 10
"""A run about as long in a small sample as in a large one: what is compared is the number of rows around it."""


def list_main_pages() -> dict[str, str]:
    """Return the address of each main page by its name; pages of one row only where there is such a row."""
    tasks = reverse("task_list")
    return {
        "board": reverse("home"),
        "needs me": reverse("approval_list"),
        "tasks": tasks,
        "tasks as a board": f"{tasks}?view=board",
        "tasks by a common word": f"{tasks}?search={COMMON_WORD}",
        "tasks by a rare word": f"{tasks}?search={RARE_WORD}",
        "agents": reverse("agent_list"),
        "swarms": reverse("swarm_list"),
        "mail room": reverse("mail_room"),
        "audit": reverse("audit_list"),
        "costs": reverse("costs"),
        "cells": reverse("cell_list"),
        "providers": reverse("provider_list"),
        **{name: reverse(view, args=[pk]) for name, (view, pk) in _rows().items() if pk},
    }


def _rows() -> dict[str, tuple[str, int | None]]:
    busy = Agent.objects.filter(status="busy").order_by("pk")
    return {
        "a swarm": ("swarm_view", _first(Swarm.objects.annotate(n=Count("agents")).order_by("-n", "pk"))),
        "an agent": ("agent_view", _first(busy) or _first(Agent.objects.order_by("pk"))),
        "a task": ("task_view", _find_task()),
        "a cell": ("cell_view", _first(Cell.objects.order_by("pk"))),
    }


def _find_task() -> int | None:
    """Return a task in work whose run has about as many steps as every sample can offer."""
    runs = Attempt.objects.filter(status="running", steps__gte=STEPS_OF_A_TASK).order_by("steps", "pk")
    return runs.values_list("task", flat=True).first() or _first(Task.objects.order_by("-pk"))


def _first(rows: "QuerySet[Any, Any]") -> int | None:
    found: int | None = rows.values_list("pk", flat=True).first()
    return found
