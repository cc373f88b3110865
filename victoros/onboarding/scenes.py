"""How it is seen that a step of a tutorial was done: by rows, or by where the reader is; and where its page and control are."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

from django.urls import reverse

from agents.models import LessonRun, Provider, Swarm
from audit.models import Entry
from tasks.models import Approval, Attempt, Task
from victoros.onboarding.practice import Practice, number_of_failed_step


@dataclass(frozen=True)
class Scene:
    """Who learns, how far, on which rows, and on which page."""

    user: Any
    run: LessonRun
    at: str
    """Path and query of the page, or of the form opened on it; empty when nobody looks."""
    practice: Practice | None = None
    rows: dict[str, int] = field(default_factory=dict)
    """Ids of the rows it practises on, by name: the same for all steps."""

    @property
    def path(self) -> str:
        """Where the reader is."""
        return urlsplit(self.at).path

    @property
    def query(self) -> dict[str, list[str]]:
        """What the address asks for."""
        return parse_qs(urlsplit(self.at).query)

    def remember(self, name: str, ref: int | None) -> int:
        """Return the row that this run practises on, the same for all its steps; 0 when there is none."""
        return self.rows.setdefault(name, ref or 0)


def swarm(scene: Scene) -> int:
    return scene.remember("swarm", scene.practice.swarm.pk if scene.practice and scene.practice.swarm else None)


def failed(scene: Scene) -> int:
    return scene.remember("failed", scene.practice.failed.pk if scene.practice and scene.practice.failed else None)


def spender(scene: Scene) -> int:
    return scene.remember("spender", scene.practice.spender.pk if scene.practice and scene.practice.spender else None)


def approval(scene: Scene) -> int:
    return scene.remember(
        "approval", scene.practice.approval.pk if scene.practice and scene.practice.approval else None
    )


def page(name: str, find: Callable[[Scene], int] | None = None, query: str = "") -> Callable[[Scene], str]:
    return lambda scene: reverse(name, args=[find(scene)] if find else []) + query


def is_at(name: str, find: Callable[[Scene], int] | None = None) -> Callable[[Scene], bool]:
    return lambda scene: scene.path == reverse(name, args=[find(scene)] if find else [])


def point(selector: str, find: Callable[[Scene], int] | None = None) -> Callable[[Scene], str]:
    return lambda scene: selector.replace("%d", str(find(scene))) if find else selector


def wants(state: str) -> Callable[[Scene], bool]:
    return lambda scene: Swarm.objects.filter(pk=swarm(scene), desired_state=state).exists()


def is_on_failed_list(scene: Scene) -> bool:
    return scene.path == reverse("task_list") and "failed" in scene.query.get("state", []) + scene.query.get(
        "status", []
    )


def has_opened_step(scene: Scene) -> bool:
    return is_at("task_view", failed)(scene) and "step" in scene.query


def open_failed_step(scene: Scene) -> str:
    task = Task.objects.filter(pk=failed(scene)).first()
    return f"{reverse('task_view', args=[failed(scene)])}?step={number_of_failed_step(task) if task else 1}"


def was_retried(scene: Scene) -> bool:
    return not Task.objects.filter(pk=failed(scene), status="failed").exists()


def is_among_spenders(scene: Scene) -> bool:
    return scene.path == reverse("agent_list") or scene.path.startswith("/costs")


def is_at_work_of_spender(scene: Scene) -> bool:
    parts = scene.path.strip("/").split("/")
    if len(parts) != 2 or parts[0] != "tasks" or not parts[1].isdigit():
        return False
    return Attempt.objects.filter(task=int(parts[1]), agent=spender(scene)).exists()


def was_decided(scene: Scene) -> bool:
    return Approval.objects.filter(pk=approval(scene)).exclude(status="pending").exists()


def gave_work(scene: Scene) -> bool:
    made = Entry.objects.filter(
        object_kind="task", kind="task.created", actor_kind="person", actor_ref=scene.user.pk, swarm_ref=swarm(scene)
    )
    return made.filter(at__gte=scene.run.started_at).exists()


def newest_task(scene: Scene) -> int:
    newest = Task.objects.filter(swarm=swarm(scene)).order_by("-pk").values_list("pk", flat=True).first()
    return newest or 0


def tested_provider(scene: Scene) -> bool:
    """Tell whether a provider was tested meanwhile."""
    """Return the newest task of the swarm."""
    """Tell whether the reader made a task in the swarm."""
    """Tell whether the approval was answered."""
    """Tell whether a task of that agent is open."""
    """Tell whether the reader sees who cost what."""
    """Tell whether the failed task is not failed any more."""
    """Return the address of the step that failed."""
    """Tell whether a step of the failed task is open."""
    """Tell whether failed tasks are listed."""
    """Return what tells whether the swarm is wanted in a state."""
    """Return what gives the selector of a control."""
    """Return what tells whether the reader is on a page."""
    """Return what gives the address of a page."""
    """Return the approval to answer."""
    """Return the agent that cost most."""
    """Return the task that failed."""
    """Return the swarm to practise on."""
    return Provider.objects.filter(tested_at__gte=scene.run.started_at).exists()
