"""One task: what it is, how its attempts went step by step, what waits for a person, and the record."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from agents.permissions import OPERATE, may
from audit.watch import render_live, watch
from tasks.models import Attempt, Task
from tasks.selectors.actions import task_actions
from tasks.selectors.detail import explain_idleness, find_task, read_detail
from tasks.selectors.evidence import describe_evidence
from tasks.selectors.filters import read_number
from tasks.selectors.journal import read_journal
from tasks.selectors.needs import describe_items
from tasks.selectors.step import read_step
from tasks.selectors.words import say_waiting
from victoros.lib.errors import NotFound


@require_safe
def task_view(request: HttpRequest, pk: int) -> HttpResponse:
    """Show a task. `?attempt=` chooses the attempt, `?from=` the first step shown, `?step=` the one that is open."""
    live = watch(request.get_full_path(), f"task:{pk}")
    task = find_task(request.user, pk)
    return render_live(request, live, "tasks/task_view.html", "tasks/_task.html", lambda: _build(request, task))


def _build(request: HttpRequest, task: Task) -> dict[str, Any]:
    now = timezone.now()
    detail = read_detail(task)
    attempt = detail.choose_attempt(read_number(request.GET, "attempt"))
    start, number = read_number(request.GET, "from"), read_number(request.GET, "step")
    may_operate = may(request.user, OPERATE, task.swarm)
    return {
        "task": task,
        "detail": detail,
        "attempt": attempt,
        "journal": read_journal(attempt, start=start, now=now) if attempt else None,
        "step": _open_step(attempt, number),
        "actions": task_actions(task, detail.latest) if may_operate else [],
        "needs": describe_items(request.user, detail.waiting),
        "may_operate": may_operate,
        "can_edit": task.status in ("backlog", "ready", "blocked"),
        "evidence": describe_evidence(task.evidence),
        "why_not_yet": explain_idleness(task),
        "waiting_word": f"waiting for {say_waiting(detail.latest)}" if detail.latest else "",
        "start": start,
        "audit_url": f"{reverse('audit_list')}?object=task&id={task.pk}",
        "url": reverse("task_view", args=[task.pk]),
    }


def _open_step(attempt: Attempt | None, number: int | None) -> Any:
    if number is None:
        return None
    step = read_step(attempt, number) if attempt else None
    if step is None:
        raise NotFound(f"There is no finished step {number} in this attempt.", hint="Choose one from the timeline.")
    return step
