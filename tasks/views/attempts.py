"""The list of attempts: what is at work now, and all that one agent ever tried."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from agents.selectors.agents import find_agent
from agents.selectors.choices import Choice, read_choice
from agents.selectors.swarms import find_swarm
from audit.watch import render_live, watch
from tasks.selectors.attempts import ACTIVE, ENDED, LIVE, STATES, list_attempts
from victoros.lib.errors import InvalidInput

REFRESH_S = 5


@require_safe
def attempt_list(request: HttpRequest) -> HttpResponse:
    """Show the attempts that live, or with `?agent=` every one of it: `?state=`, `?swarm=`, `?after=`, `?before=`."""
    choice = _read_choice(request)
    topics = (
        (f"agent:{choice.agent}",) if choice.agent else ("cells", f"swarm:{choice.swarm}" if choice.swarm else "swarms")
    )
    live = watch(request.get_full_path(), *topics, refresh_s=REFRESH_S)

    def build() -> dict[str, Any]:
        return {
            "choice": choice,
            "agent": find_agent(request.user, choice.agent) if choice.agent else None,
            "swarm": find_swarm(request.user, choice.swarm) if choice.swarm else None,
            "page": list_attempts(request.user, choice),
        }

    return render_live(request, live, "tasks/attempt_list.html", "tasks/_attempt_list.html", build)


def _read_choice(request: HttpRequest) -> Choice:
    choice = read_choice(request.GET, STATES)
    if choice.state in ENDED and not choice.agent:
        raise InvalidInput(
            _("Attempts that ended are listed for one agent."),
            hint=_("Open it from the agent, or choose one of: %(states)s.") % {"states": ", ".join((*LIVE, ACTIVE))},
        )
    return choice
