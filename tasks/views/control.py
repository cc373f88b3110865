"""Pause, resume, stop and the rest: a page that says what will happen, and the POST that makes it happen."""

from dataclasses import dataclass
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from agents.models import Agent, Swarm
from agents.permissions import OPERATE, require, visible_to
from audit.actors import person
from tasks.forms import AssignForm, ReasonForm
from tasks.models import Task
from tasks.selectors.actions import (
    agent_actions,
    count_in_flight,
    find_action,
    swarm_actions,
    task_actions,
)
from tasks.selectors.acts import Action
from tasks.selectors.budgets import begin_of_month
from tasks.selectors.detail import find_task
from tasks.selectors.words import say_state
from tasks.views.doers import AGENT, SWARM, TASK, Doer
from victoros.lib.errors import Conflict, InvalidInput, NotFound
from victoros.lib.http import confirm, finish
from victoros.lib.wording import say_many, say_word


@dataclass(frozen=True)
class Target:
    """What is controlled: a task, an agent or a swarm, with the addresses of its pages."""

    noun: str
    row: Any
    swarm: Swarm
    url: str
    actions: list[Action]
    doers: dict[str, Doer]
    in_flight: int


@require_http_methods(["GET", "HEAD", "POST"])
def task_control(request: HttpRequest, pk: int) -> HttpResponse:
    """Confirm (GET) or do (POST) `act` = pause, resume, stop, cancel, retry, release, shelve, assign, verify or refute."""
    task = find_task(request.user, pk)
    latest = task.attempts.order_by("-n").first()
    url = reverse("task_view", args=[pk])
    flight = count_in_flight(task=task)
    return _control(request, Target("task", task, task.swarm, url, task_actions(task, latest), TASK, flight))


@require_http_methods(["GET", "HEAD", "POST"])
def agent_control(request: HttpRequest, pk: int) -> HttpResponse:
    """Confirm (GET) or do (POST) `act` = pause, resume or stop."""
    agent = visible_to(request.user, Agent.objects.select_related("swarm").filter(pk=pk)).first()
    if agent is None:
        raise NotFound(
            _("There is no agent %(pk)s, or you may not see it.") % {"pk": pk}, hint=_("Look at the list of agents.")
        )
    url = reverse("agent_view", args=[pk])
    flight = count_in_flight(agent=agent)
    return _control(request, Target("agent", agent, agent.swarm, url, agent_actions(agent), AGENT, flight))


@require_http_methods(["GET", "HEAD", "POST"])
def swarm_control(request: HttpRequest, pk: int) -> HttpResponse:
    """Confirm (GET) or do (POST) `act` = start, pause or stop."""
    swarm = visible_to(request.user, Swarm.objects.filter(pk=pk), "pk").first()
    if swarm is None:
        raise NotFound(
            _("There is no swarm %(pk)s, or you may not see it.") % {"pk": pk}, hint=_("Look at the list of swarms.")
        )
    url = reverse("swarm_view", args=[pk])
    flight = count_in_flight(swarm=swarm)
    return _control(request, Target("swarm", swarm, swarm, url, swarm_actions(swarm), SWARM, flight))


def _control(request: HttpRequest, target: Target) -> HttpResponse:
    require(request.user, OPERATE, target.swarm)
    act = (request.POST if request.method == "POST" else request.GET).get("act", "")
    if act not in target.doers:
        raise InvalidInput(
            _say_impossible(target) % {"value": repr(act[:40])},
            hint=_("Known are %(doers)s.") % {"doers": ", ".join(target.doers)},
        )
    action = find_action(target.actions, act)
    form = _form_for(target, act, action, request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        return finish(request, target.url, target.doers[act](person(request.user), target.row, form.cleaned_data))
    if action is None:
        raise Conflict(
            _("To %(act)s is not possible now: the %(noun)s is %(row)s.")
            % {"act": say_word(act), "noun": say_word(target.noun), "row": _state_of(target.row)},
            hint=_("Possible now: %(value)s.")
            % {"value": ", ".join(action.act for action in target.actions) or _("nothing")},
        )
    return _ask(request, target, action, form)


def _ask(request: HttpRequest, target: Target, action: Action, form: forms.Form) -> HttpResponse:
    return confirm(
        request,
        {
            "title": action.question,
            "effects": [action.effect, *_say_in_flight(target), *_say_budget(target, action)],
            "undo": action.undo,
            "action": request.path,
            "text": _capitalised(f"{say_word(target.noun)} {target.row}"),
            "hidden": {"act": action.act},
            "form": form,
            "submit": _say_submit(target, action),
            "dismiss": _("Leave it as it is") if action.act == "cancel" else _("Cancel"),
            "cancel": target.url,
            "danger": action.tone == "danger",
        },
    )


def _say_budget(target: Target, action: Action) -> list[str]:
    """Say that a swarm paused for its budget goes on without one."""
    is_met = isinstance(target.row, Swarm) and target.row.budget_met_on == begin_of_month()
    if action.act != "start" or not is_met:
        return []
    return [_("Its budget for this month is used up: it goes on without one until the month ends.")]


def _say_impossible(target: Target) -> str:
    return {
        "task": _("%(value)s cannot be done to a task."),
        "agent": _("%(value)s cannot be done to an agent."),
        "swarm": _("%(value)s cannot be done to a swarm."),
    }[target.noun]


def _say_submit(target: Target, action: Action) -> str:
    """Return `Stop the task`; in other languages the noun may stand first."""
    said = _("%(act)s the %(noun)s") % {"act": str(action.label).lower(), "noun": say_word(target.noun)}
    return _capitalised(said)


def _capitalised(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}"


def _say_in_flight(target: Target) -> list[str]:
    if not target.in_flight:
        return []
    return [_("In flight now: %(attempts)s.") % {"attempts": say_many(target.in_flight, "attempt")}]


def _form_for(target: Target, act: str, action: Action | None, data: Any) -> forms.Form:
    if act == "assign":
        chosen = target.row.agent_id if target.row.pinned else None
        return AssignForm(data, swarm=target.swarm, initial={"agent": chosen})
    return ReasonForm(data, label=action.asks if action else _("Why"), must=bool(action and action.must_ask))


def _state_of(row: Any) -> str:
    return say_state(row) if isinstance(row, Task) else str(row.desired_state)
