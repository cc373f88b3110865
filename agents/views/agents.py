"""Pages of agents. Pausing and stopping them is in `tasks.views.control`."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from agents.forms.agents import AgentForm, EditAgentForm
from agents.forms.fields import refuse
from agents.models import Agent, Swarm
from agents.permissions import ADMINISTER, require
from agents.selectors import agents
from agents.selectors.choices import Choice, read_choice, read_number
from agents.selectors.swarms import find_swarm, list_choosable_swarms
from agents.services.agents import change_agent, create_agent, retire_agent
from audit.actors import Actor, person
from audit.watch import render_live, watch
from victoros.lib.errors import VictorError
from victoros.lib.http import confirm, finish

REFRESH_S = 5


@require_safe
def agent_list(request: HttpRequest) -> HttpResponse:
    """List the agents with the three facts about each."""
    choice = read_choice(request.GET, agents.STATES)
    topic = f"swarm:{choice.swarm}" if choice.swarm else "swarms"
    live = watch(request.get_full_path(), topic, refresh_s=REFRESH_S)
    return render_live(
        request, live, "agents/agent_list.html", "agents/_agents.html", lambda: _build_list(request.user, choice)
    )


@require_safe
def agent_view(request: HttpRequest, pk: int) -> HttpResponse:
    """Show one agent: what it is, whether it lives, advances and is right, what it does, its mailbox."""
    agent = agents.find_agent(request.user, pk)
    topics = (f"agent:{pk}", f"swarm:{agent.swarm_id}", "providers")
    live = watch(request.get_full_path(), *topics, refresh_s=REFRESH_S)
    return render_live(
        request,
        live,
        "agents/agent_view.html",
        "agents/_agent.html",
        lambda: {"detail": agents.read_agent(request.user, agent), "agent": agent},
    )


@require_http_methods(["GET", "HEAD", "POST"])
def agent_new(request: HttpRequest) -> HttpResponse:
    """Add an agent to the swarm that `?swarm=` names; without it, let a swarm be chosen first."""
    pk = read_number(request.GET, "swarm")
    if pk is None:
        swarms = list_choosable_swarms(request.user, ADMINISTER)
        return render(request, "agents/agent_new_where.html", {"swarms": swarms})
    swarm = find_swarm(request.user, pk)
    require(request.user, ADMINISTER, swarm)
    form = AgentForm(request.POST if request.method == "POST" else None)
    agent = _make(person(request.user), swarm, form) if form.is_bound and form.is_valid() else None
    if agent is not None:
        return finish(request, reverse("agent_view", args=[agent.pk]), f"The agent {agent.name} was added.")
    context = {"swarm": swarm, "form": form}
    return render(request, "agents/agent_new.html", context, status=422 if form.is_bound else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def agent_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Change what an agent is; refused when somebody else changed it meanwhile."""
    agent = agents.find_agent(request.user, pk)
    require(request.user, ADMINISTER, agent.swarm)
    form = EditAgentForm(request.POST if request.method == "POST" else None, agent=agent)
    if form.is_bound and form.is_valid() and _change(person(request.user), agent, form):
        return finish(request, reverse("agent_view", args=[pk]), "The agent was changed.")
    context = {"agent": agent, "form": form}
    return render(request, "agents/agent_edit.html", context, status=422 if form.is_bound else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def agent_retire(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask, then take an agent out of service for good."""
    agent = agents.find_agent(request.user, pk)
    require(request.user, ADMINISTER, agent.swarm)
    if request.method != "POST":
        return confirm(request, _retire_question(agent))
    retire_agent(actor=person(request.user), agent=agent)
    return finish(request, reverse("agent_view", args=[pk]), f"{agent.name} is retired.")


def _build_list(user: Any, choice: Choice) -> dict[str, Any]:
    swarms = list_choosable_swarms(user)
    swarm = next((row for row in swarms if row.pk == choice.swarm), None)
    if choice.swarm and swarm is None:
        swarm = find_swarm(user, choice.swarm)
    may_add = bool(list_choosable_swarms(user, ADMINISTER, most=1))
    return {
        "choice": choice,
        "swarm": swarm,
        "swarms": swarms,
        "page": agents.list_agents(user, choice),
        "may_add": may_add,
    }


def _make(actor: Actor, swarm: Swarm, form: AgentForm) -> Agent | None:
    try:
        return create_agent(actor=actor, swarm=swarm, **form.cleaned_data)
    except VictorError as error:
        refuse(form, error)
        return None


def _change(actor: Actor, agent: Agent, form: EditAgentForm) -> bool:
    values = dict(form.cleaned_data)
    try:
        change_agent(actor=actor, agent=agent, expected_version=values.pop("version"), **values)
    except VictorError as error:
        refuse(form, error)
        return False
    return True


def _retire_question(agent: Agent) -> dict[str, Any]:
    return {
        "title": f"Retire {agent.name}?",
        "text": "It leaves service for good. Everything it did stays on record.",
        "effects": [
            "It gets no more work and no more mail.",
            "Its unread mail becomes dead letters, to be sent on by you.",
        ],
        "undo": "This cannot be undone; a new agent may take its name.",
        "action": reverse("agent_retire", args=[agent.pk]),
        "cancel": reverse("agent_view", args=[agent.pk]),
        "submit": f"Retire {agent.name}",
        "danger": True,
    }
