"""One task: what it is, how its attempts went step by step, what waits for a person, and the record."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from agents.permissions import OPERATE, may
from audit.watch import render_live, watch
from tasks.models import Task
from tasks.selectors.actions import task_actions
from tasks.selectors.cause import explain_failure
from tasks.selectors.detail import choose_attempt, explain_idleness, find_task, read_detail
from tasks.selectors.evidence import describe_evidence
from tasks.selectors.needs import describe_items
from tasks.selectors.window import read_choice
from tasks.selectors.words import say_waiting
from tasks.states import EDITABLE
from tasks.views.run import frame_context, open_step, run_context
from victoros.lib.http import wants_partial


@require_safe
def task_view(request: HttpRequest, pk: int) -> HttpResponse:
    """Show a task. `?attempt=` chooses the attempt, `?view=` how it is shown, `?from=` or `?until=` where, `?step=` one opened.

    For htmx it comes without the run, which the page keeps up to date by itself.
    """
    live = watch(request.get_full_path(), f"task:{pk}")
    task = find_task(request.user, pk)
    return render_live(request, live, "tasks/task_view.html", "tasks/_task.html", lambda: _build(request, task))


def _build(request: HttpRequest, task: Task) -> dict[str, Any]:
    detail = read_detail(request.user, task)
    latest = detail.latest
    may_operate = may(request.user, OPERATE, task.swarm)
    cause = explain_failure(task, detail.attempts)
    return _build_run(request, task, detail.attempts) | {
        "detail": detail,
        "open_item_count": detail.open_items,
        "actions": task_actions(task, latest) if may_operate else [],
        "needs": describe_items(request.user, detail.waiting),
        "may_operate": may_operate,
        "can_edit": task.status in EDITABLE,
        "evidence": describe_evidence(task.evidence),
        "why_not_yet": "" if detail.attempts else explain_idleness(task),
        "waiting_word": _("waiting for %(latest)s") % {"latest": say_waiting(latest)} if latest else "",
        "cause": cause,
        "audit_url": f"{reverse('audit_list')}?object=task&id={task.pk}",
    }


def _build_run(request: HttpRequest, task: Task, attempts: list[Any]) -> dict[str, Any]:
    choice = read_choice(request.GET)
    attempt = choose_attempt(task, attempts, choice.attempt)
    if attempt is None:
        if choice.step:
            open_step(attempt, choice.step)
        return {"task": task, "attempt": None, "url": reverse("task_view", args=[task.pk])}
    if wants_partial(request):
        return frame_context(task, attempts, attempt, choice)
    return run_context(task, attempts, attempt, choice)
