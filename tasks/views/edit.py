"""Making a task and changing one."""

import uuid
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from agents.models import Swarm
from agents.permissions import OPERATE, require, visible_to
from audit.actors import person
from tasks.acceptance import TEMPLATES, fill_in
from tasks.forms import EditTaskForm, NewTaskForm, TaskForm
from tasks.models import Task
from tasks.selectors.detail import find_task
from tasks.selectors.filters import read_number
from tasks.services.making import create_task
from tasks.services.work import as_edited, edit_and_retry, edit_task
from victoros.lib.errors import InvalidInput, NotFound, VictorError


@require_http_methods(["GET", "HEAD", "POST"])
def task_new(request: HttpRequest) -> HttpResponse:
    """Make a task in the swarm that `?swarm=` names; without it, let a swarm be chosen first."""
    swarm = _choose_swarm(request)
    if isinstance(swarm, list):
        return render(request, "tasks/task_new_where.html", {"swarms": swarm})
    require(request.user, OPERATE, swarm)
    if request.method != "POST":
        return _show_new(
            request,
            swarm,
            NewTaskForm(swarm=swarm, initial={"once": uuid.uuid4().hex, "agent": read_number(request.GET, "agent")}),
        )
    if "fill" in request.POST:
        return _show_new(request, swarm, _fill(request, swarm))
    form = NewTaskForm(request.POST, swarm=swarm)
    task = _create(request, swarm, form) if form.is_valid() else None
    if task is None:
        return _show_new(request, swarm, form, status=422)
    messages.success(request, _("Task %(pk)s was created.") % {"pk": task.pk})
    return redirect("task_view", pk=task.pk)


@require_http_methods(["GET", "HEAD", "POST"])
def task_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Change what a task says, as long as nobody works on it; with `?retry=1` one that ended badly is tried again, too."""
    task = find_task(request.user, pk)
    require(request.user, OPERATE, task.swarm)
    if request.method != "POST":
        return _show_edit(request, task, EditTaskForm(initial=as_edited(task)))
    form = EditTaskForm(request.POST)
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
            raise NotFound(
                _("There is no swarm %(pk)s, or you may not see it.") % {"pk": pk}, hint=_("Choose another swarm.")
            )
        return swarm
    swarms = list(visible_to(request.user, rows, "pk", OPERATE)[:200])
    return swarms[0] if len(swarms) == 1 else swarms


def _fill(request: HttpRequest, swarm: Swarm) -> NewTaskForm:
    """Return the form as it was typed, with the criteria of a template; nothing is judged yet."""
    typed: dict[str, Any] = {name: request.POST.get(name, "") for name in NewTaskForm.base_fields}
    name = request.POST.get("like", "")
    if name not in TEMPLATES:
        raise InvalidInput(_("There is no such template."), hint=_("Choose one from the list."))
    typed["acceptance"] = fill_in(name, typed["acceptance"])
    typed["backlog"] = bool(typed["backlog"])
    return NewTaskForm(swarm=swarm, initial=typed)


def _create(request: HttpRequest, swarm: Swarm, form: NewTaskForm) -> Task | None:
    values = {name: value for name, value in form.cleaned_data.items() if name != "once"}
    once = form.cleaned_data["once"]
    try:
        return create_task(actor=person(request.user), swarm=swarm, key=f"form:{once}" if once else None, **values)
    except VictorError as error:
        _refuse(form, error)
        return None


def _edit(request: HttpRequest, task: Task, form: EditTaskForm) -> bool:
    is_retry = _is_retry(request)
    do = edit_and_retry if is_retry else edit_task
    changes = _changes(task, form)
    try:
        changed = do(actor=person(request.user), task=task, seen=form.seen, **changes)
    except VictorError as error:
        _refuse(form, error)
        _show_meanwhile(form, task, changes)
        return False
    again = _(" It is tried again.") if is_retry else ""
    messages.success(request, (_("The task was changed.") if changed else _("Nothing was changed.")) + again)
    return True


def _is_retry(request: HttpRequest) -> bool:
    return request.GET.get("retry") == "1"


def _changes(task: Task, form: EditTaskForm) -> dict[str, Any]:
    """Return what differs from what was shown; acceptance items only when their words do, so that evidence stays."""
    shown = as_edited(task) | form.seen
    return {name: form.cleaned_data[name] for name in shown if form.cleaned_data[name] != shown[name]}


def _show_meanwhile(form: EditTaskForm, task: Task, changes: dict[str, Any]) -> None:
    """Say beside each field what somebody else made of it; saving once more replaces that."""
    now = as_edited(task)
    for name in changes.keys() & {name for name, value in form.seen.items() if value != now[name]}:
        shown = form.fields[name].prepare_value(now[name])
        form.add_error(name, _("Somebody else made it: %(value)s") % {"value": "–" if shown in (None, "") else shown})
    form.carry({name: now[name] for name in changes})


def _refuse(form: forms.Form, error: VictorError) -> None:
    form.add_error(None, f"{error.message} {error.hint} ({error.id})")


def _show_new(request: HttpRequest, swarm: Swarm, form: NewTaskForm, status: int = 200) -> HttpResponse:
    context = {"swarm": swarm, "swarm_id": str(swarm.pk), "form": form, "templates": TEMPLATES.values()}
    return render(request, "tasks/task_new.html", context, status=status)


def _show_edit(request: HttpRequest, task: Task, form: TaskForm, status: int = 200) -> HttpResponse:
    context = {"task": task, "form": form, "is_retry": _is_retry(request)}
    return render(request, "tasks/task_edit.html", context, status=status)
