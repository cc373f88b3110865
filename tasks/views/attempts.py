"""The list of attempts: what is at work now, and all that one agent ever tried."""

from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from agents.selectors.agents import find_agent
from agents.selectors.choices import Choice, read_choice
from agents.selectors.swarms import find_swarm
from audit.exports import make_export
from audit.watch import render_live, watch
from tasks.exports import ATTEMPT_COLUMNS
from tasks.selectors.attempts import ACTIVE, ENDED, LIVE, NEWEST, STATES, list_attempts, rows_of_attempts
from victoros.lib.errors import InvalidInput
from victoros.lib.exporting import read_format

REFRESH_S = 5


@require_safe
def attempt_list(request: HttpRequest) -> HttpResponseBase:
    """Show the attempts that live, or with `?agent=` every one of it: `?state=`, `?swarm=`, `?after=`, `?before=`."""
    choice = _read_choice(request)
    file = read_format(request)
    if file:
        _find_named(request, choice)
        rows = rows_of_attempts(request.user, choice)
        return make_export(request, "attempts", rows, ATTEMPT_COLUMNS, file, NEWEST.tie)
    topics = (
        (f"agent:{choice.agent}",) if choice.agent else ("cells", f"swarm:{choice.swarm}" if choice.swarm else "swarms")
    )
    live = watch(request.get_full_path(), *topics, refresh_s=REFRESH_S)

    def build() -> dict[str, Any]:
        return {"choice": choice, **_find_named(request, choice), "page": list_attempts(request.user, choice)}

    return render_live(request, live, "tasks/attempt_list.html", "tasks/_attempt_list.html", build)


def _find_named(request: HttpRequest, choice: Choice) -> dict[str, Any]:
    """Return the agent and the swarm that the choice names; refuse those the reader may not see."""
    return {
        "agent": find_agent(request.user, choice.agent) if choice.agent else None,
        "swarm": find_swarm(request.user, choice.swarm) if choice.swarm else None,
    }


def _read_choice(request: HttpRequest) -> Choice:
    choice = read_choice(request.GET, STATES)
    if choice.state in ENDED and not choice.agent:
        raise InvalidInput(
            _("Attempts that ended are listed for one agent."),
            hint=_("Open it from the agent, or choose one of: %(states)s.") % {"states": ", ".join((*LIVE, ACTIVE))},
        )
    return choice
