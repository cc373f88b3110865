"""Making a task and changing one."""

import uuid
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from agents.models import Swarm
from agents.permissions import OPERATE, require, visible_to
from audit.actors import person
from tasks.forms import NewTaskForm, TaskForm
from tasks.models import Task
from tasks.selectors.detail import find_task
from tasks.selectors.filters import read_number
from tasks.services.work import create_task, edit_task
from victoros.lib.errors import NotFound, VictorError

EDITABLE = ("title", "text", "acceptance", "needs", "priority", "deadline")


@require_http_methods(["GET", "HEAD", "POST"])
def task_new(request: HttpRequest) -> HttpResponse:
    """Make a task in the swarm that `?swarm=` names; without it, let a swarm be chosen first."""
    swarm = _choose_swarm(request)
    if isinstance(swarm, list):
        return render(request, "tasks/task_new_where.html", {"swarms": swarm})
    require(request.user, OPERATE, swarm)
    if request.method != "POST":
        return _show_new(request, swarm, NewTaskForm(swarm=swarm, initial={"once": uuid.uuid4().hex}))
    form = NewTaskForm(request.POST, swarm=swarm)
    task = _create(request, swarm, form) if form.is_valid() else None
    if task is None:
        return _show_new(request, swarm, form, status=422)
    messages.success(request, f"Task {task.pk} was created.")
    return redirect("task_view", pk=task.pk)


@require_http_methods(["GET", "HEAD", "POST"])
def task_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Change what a task says, as long as nobody works on it."""
    task = find_task(request.user, pk)
    require(request.user, OPERATE, task.swarm)
    if request.method != "POST":
        return _show_edit(request, task, TaskForm(initial=_values(task)))
    form = TaskForm(request.POST)
    if not form.is_valid() or not _edit(request, task, form):
        return _show_edit(request, task, form, status=422)
    return redirect("task_view", pk=task.pk)


def _choose_swarm(request: HttpRequest) -> Swarm | list[Swarm]:
    """Return the swarm named, or the only one there is, or all that may be chosen."""
    pk = read_number(request.GET, "swarm") or read_number(request.POST, "swarm")
    rows = Swarm.objects.filter(archived_at=None).select_related("workspace").order_by("name")
    if pk:
        swarm = visible_to(request.user, rows, "pk").filter(pk=pk).first()
        if swarm is None:
            raise NotFound(f"There is no swarm {pk}, or you may not see it.", hint="Choose another swarm.")
        return swarm
    swarms = list(visible_to(request.user, rows, "pk", OPERATE)[:200])
    return swarms[0] if len(swarms) == 1 else swarms


def _create(request: HttpRequest, swarm: Swarm, form: NewTaskForm) -> Task | None:
    values = {name: value for name, value in form.cleaned_data.items() if name != "once"}
    once = form.cleaned_data["once"]
    try:
        return create_task(actor=person(request.user), swarm=swarm, key=f"form:{once}" if once else None, **values)
    except VictorError as error:
        _refuse(form, error)
        return None


def _edit(request: HttpRequest, task: Task, form: TaskForm) -> bool:
    try:
        changed = edit_task(actor=person(request.user), task=task, **_changes(task, form.cleaned_data))
    except VictorError as error:
        _refuse(form, error)
        return False
    messages.success(request, "The task was changed." if changed else "Nothing was changed.")
    return True


def _changes(task: Task, cleaned: dict[str, Any]) -> dict[str, Any]:
    """Return what differs; acceptance items only when their words do, so that evidence stays."""
    shown = _values(task)
    return {name: cleaned[name] for name in EDITABLE if cleaned[name] != shown[name]}


def _values(task: Task) -> dict[str, Any]:
    values = {name: getattr(task, name) for name in EDITABLE}
    return values | {"acceptance": [str(item.get("text", "")) for item in task.acceptance]}


def _refuse(form: forms.Form, error: VictorError) -> None:
    form.add_error(None, f"{error.message} {error.hint} ({error.id})")


def _show_new(request: HttpRequest, swarm: Swarm, form: NewTaskForm, status: int = 200) -> HttpResponse:
    return render(
        request, "tasks/task_new.html", {"swarm": swarm, "swarm_id": str(swarm.pk), "form": form}, status=status
    )


def _show_edit(request: HttpRequest, task: Task, form: TaskForm, status: int = 200) -> HttpResponse:
    return render(request, "tasks/task_edit.html", {"task": task, "form": form}, status=status)
