"""Pages of agents. Pausing and stopping them is in `tasks.views.control`."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l
from django.views.decorators.http import require_http_methods, require_safe

from agents.exports import AGENT_COLUMNS
from agents.forms.agents import AgentForm, EditAgentForm
from agents.forms.fields import refuse
from agents.models import Agent, Swarm
from agents.permissions import ADMINISTER, may, require
from agents.selectors import agents
from agents.selectors.choices import Choice, order_of, read_choice, read_number
from agents.selectors.swarms import find_swarm, has_any, list_choosable_swarms, read_surroundings
from agents.selectors.versions import read_versions
from agents.services.agents import change_agent, create_agent, retire_agent
from agents.services.versions import use_version
from audit.actors import Actor, person
from audit.exports import make_export
from audit.watch import render_live, watch
from victoros.lib.errors import InvalidInput, VictorError
from victoros.lib.exporting import read_format
from victoros.lib.http import confirm, finish
from victoros.lib.wording import Phrase

REFRESH_S = 5
SORT_WORDS: dict[str, Phrase] = {
    "name": _l("names from A"),
    "-name": _l("names from Z"),
    "since": _l("last changed first"),
    "-since": _l("unchanged for longest first"),
    "active": _l("most active first"),
    "-active": _l("least active first"),
    "waiting": _l("most waiting first"),
    "-waiting": _l("fewest waiting first"),
    "done": _l("most done first"),
    "-done": _l("fewest done first"),
    "verified": _l("most verified first"),
    "-verified": _l("fewest verified first"),
    "failed": _l("most failed first"),
    "-failed": _l("fewest failed first"),
    "cost": _l("dearest first"),
    "-cost": _l("cheapest first"),
}
"""What stands in the menu of the list, by the names of the address; phones have no heads to sort by."""


@require_safe
def agent_list(request: HttpRequest) -> HttpResponseBase:
    """List the agents with the three facts about each."""
    choice = read_choice(request.GET, agents.STATES, agents.ORDERS)
    file = read_format(request)
    if file:
        rows = agents.choose_agents(request.user, choice).select_related("swarm")
        return make_export(request, "agents", rows, AGENT_COLUMNS, file)
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

    def build() -> dict[str, Any]:
        fresh = agents.find_agent(request.user, pk)  # again: the row must not be older than its versions
        detail = agents.read_agent(request.user, fresh)
        return {"detail": detail, "agent": fresh, "open_item_count": detail.open_items}

    return render_live(request, live, "agents/agent_view.html", "agents/_agent.html", build)


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
        return finish(
            request, reverse("agent_view", args=[agent.pk]), _("The agent %(name)s was added.") % {"name": agent.name}
        )
    context = {"swarm": swarm, "form": form}
    return render(request, "agents/agent_new.html", context, status=422 if form.is_bound else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def agent_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Change what an agent is; refused when somebody else changed it meanwhile."""
    agent = agents.find_agent(request.user, pk)
    require(request.user, ADMINISTER, agent.swarm)
    form = EditAgentForm(request.POST if request.method == "POST" else None, agent=agent)
    if form.is_bound and form.is_valid() and _change(person(request.user), agent, form):
        return finish(request, reverse("agent_view", args=[pk]), _("The agent was changed."))
    context = {"agent": agent, "form": form}
    return render(request, "agents/agent_edit.html", context, status=422 if form.is_bound else 200)


@require_safe
def agent_versions(request: HttpRequest, pk: int) -> HttpResponse:
    """Compare version `?n=` of an agent with the one before it, or with `?with=`; list all of them."""
    agent = agents.find_agent(request.user, pk)
    chosen = (read_number(request.GET, name) for name in ("n", "with", "after"))
    page = read_versions(agent, *chosen)
    may_administer = may(request.user, ADMINISTER, agent.swarm)
    return render(
        request, "agents/agent_versions.html", {"agent": agent, "page": page, "may_administer": may_administer}
    )


@require_http_methods(["GET", "HEAD", "POST"])
def agent_version_use(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask, then let an agent work as its version `n` did, by a new version that equals it."""
    agent = agents.find_agent(request.user, pk)
    require(request.user, ADMINISTER, agent.swarm)
    asked = request.POST if request.method == "POST" else request.GET
    n, known = read_number(asked, "n"), read_number(asked, "known") or agent.version
    if n is None:
        raise InvalidInput(_("Which version is meant?"), hint=_("Choose one from the list of versions."))
    if request.method != "POST":
        return confirm(request, _use_question(agent, n))
    used = use_version(actor=person(request.user), agent=agent, n=n, expected_version=known)
    said = _("%(name)s works as version %(n)s did, as its version %(new)s.")
    if used.version == known:
        said = _("%(name)s works as version %(n)s did already.")
    url = reverse("agent_versions", args=[pk])
    return finish(request, url, said % {"name": agent.name, "n": n, "new": used.version})


@require_http_methods(["GET", "HEAD", "POST"])
def agent_retire(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask, then take an agent out of service for good."""
    agent = agents.find_agent(request.user, pk)
    require(request.user, ADMINISTER, agent.swarm)
    if request.method != "POST":
        return confirm(request, _retire_question(agent))
    retire_agent(actor=person(request.user), agent=agent)
    return finish(request, reverse("agent_view", args=[pk]), _("%(name)s is retired.") % {"name": agent.name})


def _build_list(user: Any, choice: Choice) -> dict[str, Any]:
    swarms, open_items = read_surroundings(user)
    swarm = next((row for row in swarms if row.pk == choice.swarm), None)
    if choice.swarm and swarm is None:
        swarm = find_swarm(user, choice.swarm)
    page = agents.list_agents(user, choice)
    return {
        "choice": choice,
        "swarm": swarm,
        "swarms": swarms,
        "page": page,
        "has_costs": any(row.agent.cost_nanos for row in page.rows),
        "heads": _heads(choice),
        "sorts": SORT_WORDS,
        "may_add": has_any(user, ADMINISTER, swarms),
        "open_item_count": open_items,
    }


def _heads(choice: Choice) -> dict[str, dict[str, str]]:
    """Return what each head of the table sorts by next, and how the list is sorted by it now."""
    heads: dict[str, dict[str, str]] = {}
    for name in agents.ORDERS:
        is_current = choice.sort.removeprefix("-") == name
        order = order_of(choice.sort, agents.ORDERS)
        direction = ("descending" if order.descending else "ascending") if is_current else ""
        heads[name] = {"sort": f"-{name}" if choice.sort == name else name, "direction": direction}
    return heads


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


def _use_question(agent: Agent, n: int) -> dict[str, Any]:
    """Name what would change against the version in use."""
    page = read_versions(agent, agent.version, n)
    changes = [
        _("%(field)s: %(old)s → %(new)s")
        % {"field": change.name, "old": change.new or _("nothing"), "new": change.old or _("nothing")}
        for change in page.changes
    ]
    is_other = any(pair.kind != "same" for pair in page.pairs if pair.kind != "skipped")
    words = [_("Its instructions become those of version %(n)s.") % {"n": n}] if is_other else []
    return {
        "title": _("Use version %(n)s of %(name)s again?") % {"n": n, "name": agent.name},
        "text": _("A new version %(new)s is made that equals it; work in hand goes on as it began.")
        % {"new": agent.version + 1},
        "effects": [*words, *changes] or [_("Nothing differs from how it works now.")],
        "undo": _("Version %(n)s stays, and can be used again the same way.") % {"n": agent.version},
        "action": reverse("agent_version_use", args=[agent.pk]),
        "hidden": {"n": n, "known": agent.version},
        "cancel": reverse("agent_versions", args=[agent.pk]),
        "submit": _("Use version %(n)s") % {"n": n},
    }


def _retire_question(agent: Agent) -> dict[str, Any]:
    return {
        "title": _("Retire %(name)s?") % {"name": agent.name},
        "text": _("It leaves service for good. Everything it did stays on record."),
        "effects": [
            _("It gets no more work and no more mail."),
            _("Its unread mail becomes dead letters, to be sent on by you."),
        ],
        "undo": _("This cannot be undone; a new agent may take its name."),
        "action": reverse("agent_retire", args=[agent.pk]),
        "cancel": reverse("agent_view", args=[agent.pk]),
        "submit": _("Retire %(name)s") % {"name": agent.name},
        "danger": True,
    }
