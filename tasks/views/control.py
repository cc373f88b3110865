"""Pause, resume, stop and the rest: a page that says what will happen, and the POST that makes it happen."""

from dataclasses import dataclass
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
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
from tasks.selectors.detail import find_task
from tasks.selectors.words import say_state
from tasks.views.doers import AGENT, SWARM, TASK, Doer
from victoros.lib.errors import Conflict, InvalidInput, NotFound
from victoros.lib.http import confirm, finish


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

    @property
    def noun_with_article(self) -> str:
        """The noun as it stands in a sentence."""
        return f"{'an' if self.noun[0] in 'aeiou' else 'a'} {self.noun}"


@require_http_methods(["GET", "HEAD", "POST"])
def task_control(request: HttpRequest, pk: int) -> HttpResponse:
    """Confirm (GET) or do (POST) `act` = pause, resume, stop, cancel, retry, release, assign, verify or refute."""
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
        raise NotFound(f"There is no agent {pk}, or you may not see it.", hint="Look at the list of agents.")
    url = reverse("agent_view", args=[pk])
    flight = count_in_flight(agent=agent)
    return _control(request, Target("agent", agent, agent.swarm, url, agent_actions(agent), AGENT, flight))


@require_http_methods(["GET", "HEAD", "POST"])
def swarm_control(request: HttpRequest, pk: int) -> HttpResponse:
    """Confirm (GET) or do (POST) `act` = start, pause or stop."""
    swarm = visible_to(request.user, Swarm.objects.filter(pk=pk), "pk").first()
    if swarm is None:
        raise NotFound(f"There is no swarm {pk}, or you may not see it.", hint="Look at the list of swarms.")
    url = reverse("swarm_view", args=[pk])
    flight = count_in_flight(swarm=swarm)
    return _control(request, Target("swarm", swarm, swarm, url, swarm_actions(swarm), SWARM, flight))


def _control(request: HttpRequest, target: Target) -> HttpResponse:
    require(request.user, OPERATE, target.swarm)
    act = (request.POST if request.method == "POST" else request.GET).get("act", "")
    if act not in target.doers:
        raise InvalidInput(
            f"{act[:40]!r} cannot be done to {target.noun_with_article}.", hint=f"Known are {', '.join(target.doers)}."
        )
    action = find_action(target.actions, act)
    form = _form_for(target, act, action, request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        return finish(request, target.url, target.doers[act](person(request.user), target.row, form.cleaned_data))
    if action is None:
        raise Conflict(
            f"To {act} is not possible now: the {target.noun} is {_state_of(target.row)}.",
            hint=f"Possible now: {', '.join(action.act for action in target.actions) or 'nothing'}.",
        )
    return _ask(request, target, action, form)


def _ask(request: HttpRequest, target: Target, action: Action, form: forms.Form) -> HttpResponse:
    return confirm(
        request,
        {
            "title": action.question,
            "effects": [action.effect, *_say_in_flight(target)],
            "undo": action.undo,
            "action": request.path,
            "text": f"{target.noun.capitalize()} {target.row}",
            "hidden": {"act": action.act},
            "form": form,
            "submit": f"{action.label} the {target.noun}",
            "dismiss": "Leave it as it is" if action.act == "cancel" else "Cancel",
            "cancel": target.url,
            "danger": action.tone == "danger",
        },
    )


def _say_in_flight(target: Target) -> list[str]:
    if not target.in_flight:
        return []
    return [f"In flight now: {target.in_flight:,} attempt{'' if target.in_flight == 1 else 's'}."]


def _form_for(target: Target, act: str, action: Action | None, data: Any) -> forms.Form:
    if act == "assign":
        chosen = target.row.agent_id if target.row.pinned else None
        return AssignForm(data, swarm=target.swarm, initial={"agent": chosen})
    return ReasonForm(data, label=action.asks if action else "Why", must=bool(action and action.must_ask))


def _state_of(row: Any) -> str:
    return say_state(row) if isinstance(row, Task) else str(row.desired_state)
