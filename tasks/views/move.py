"""The menu of a card on the board: what can be done to the task, and what that does. Acts that can be taken back happen at once."""

from dataclasses import dataclass
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from agents.permissions import OPERATE, require
from audit.actors import person
from tasks.models import Task
from tasks.selectors.actions import find_action, task_actions
from tasks.selectors.acts import Action
from tasks.selectors.detail import find_task
from tasks.selectors.words import say_state
from tasks.services.work import edit_task
from tasks.states import EDITABLE
from tasks.views.doers import TASK
from victoros.lib.errors import Conflict, InvalidInput
from victoros.lib.http import Undo, finish, next_of, wants_partial

BACK = {"release": "shelve", "shelve": "release", "pause": "resume", "resume": "pause"}
"""Acts that the menu does at once, and what takes each back."""
PRIORITY = "priority"
ICONS = {
    "release": "ready",
    "retry": "ready",
    "resume": "in_progress",
    "shelve": "backlog",
    "pause": "paused",
    "stop": "stopped",
    "cancel": "cancelled",
    "verify": "verified",
    "refute": "failed",
    "assign": "idle",
}
"""The status that each act leads to, whose shape stands beside it."""


class PriorityForm(forms.Form):
    """When the task is taken up."""

    priority = forms.IntegerField(
        min_value=-100,
        max_value=100,
        label=gettext_lazy("Priority, -100 to 100; higher goes first"),
    )


@dataclass(frozen=True)
class Entry:
    """One line of the menu."""

    action: Action
    shape: str
    is_direct: bool
    """Whether it happens at once; the others ask first."""


@require_http_methods(["GET", "HEAD", "POST"])
def task_move(request: HttpRequest, pk: int) -> HttpResponse:
    """Show what can be done to a task; a POST with `act` does what can be taken back."""
    task = find_task(request.user, pk)
    require(request.user, OPERATE, task.swarm)
    form = PriorityForm(initial={"priority": task.priority})
    if request.method == "POST":
        act = request.POST.get("act", "")
        if act == PRIORITY:
            form = PriorityForm(request.POST)
            if form.is_valid():
                return _prioritise(request, task, form.cleaned_data["priority"])
        else:
            return _do(request, task, act)
    return _show(request, task, form)


def _show(request: HttpRequest, task: Task, form: PriorityForm) -> HttpResponse:
    actions = task_actions(task, task.attempts.order_by("-n").first())
    context = {
        "task": task,
        "entries": [Entry(action, ICONS[action.act], action.act in BACK) for action in actions],
        "form": form if task.status in EDITABLE else None,
        "next": next_of(request, reverse("task_list") + "?view=board"),
    }
    template = "tasks/_move.html" if wants_partial(request) else "tasks/task_move.html"
    status = 422 if form.is_bound and not wants_partial(request) else 200
    return render(request, template, context, status=status)


def _do(request: HttpRequest, task: Task, act: str) -> HttpResponse:
    if act not in BACK:
        raise InvalidInput(
            _("%(value)s is not done from here.") % {"value": repr(act[:40])},
            hint=_("Known are %(known)s.") % {"known": ", ".join([*BACK, PRIORITY])},
        )
    actions = task_actions(task, task.attempts.order_by("-n").first())
    if find_action(actions, act) is None:
        possible = ", ".join(action.act for action in actions) or _("nothing")
        raise Conflict(
            _("To %(act)s is not possible now: the %(noun)s is %(row)s.")
            % {"act": act, "noun": _("task"), "row": say_state(task)},
            hint=_("Possible now: %(value)s.") % {"value": possible},
        )
    said = TASK[act](person(request.user), task, {})
    task.refresh_from_db()
    way_back = find_action(task_actions(task, task.attempts.order_by("-n").first()), BACK[act])
    undo = Undo(reverse("task_move", args=[task.pk]), {"act": BACK[act]}) if way_back else None
    return finish(request, _home(task), said, undo=undo)


def _prioritise(request: HttpRequest, task: Task, priority: int) -> HttpResponse:
    before = task.priority
    changed = edit_task(actor=person(request.user), task=task, priority=priority)
    values: dict[str, Any] = {"act": PRIORITY, "priority": str(before)}
    undo = Undo(reverse("task_move", args=[task.pk]), values) if changed else None
    said = _("Task %(pk)s has priority %(n)s now.") % {"pk": task.pk, "n": priority}
    return finish(request, _home(task), said, undo=undo)


def _home(task: Task) -> str:
    return reverse("task_view", args=[task.pk])
