"""The page of costs."""

from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from agents.selectors.choices import read_number
from agents.selectors.swarms import find_swarm, read_surroundings
from audit.exports import make_export
from audit.watch import render_live, watch
from tasks.exports import ATTEMPT_COST_COLUMNS, COST_COLUMNS
from tasks.selectors.filters import read_word
from tasks.selectors.spending import RANGES, Asked, read_costs, rows_of_attempts, rows_of_spending
from victoros.lib.errors import InvalidInput
from victoros.lib.exporting import read_format

REFRESH_S = 30
"""Spending is counted by the scheduler, so the page asks again by itself."""


@require_safe
def costs(request: HttpRequest) -> HttpResponseBase:
    """Show what was spent: `?days=` 1, 7, 30 or 90, `?swarm=`, `?llm=`; as a file with `?format=`, `?by=attempt`."""
    asked = read_asked(request.GET)
    file = read_format(request)
    if file:
        return _answer_file(request, asked, file)
    live = watch(request.get_full_path(), "swarms", refresh_s=REFRESH_S)
    return render_live(request, live, "tasks/costs_view.html", "tasks/_costs.html", lambda: _build(request, asked))


def read_asked(query: Any) -> Asked:
    """Read the choice from the address; nonsense is refused by name."""
    days = read_number(query, "days") or 7
    if days not in RANGES:
        raise InvalidInput(
            _("%(days)s days cannot be shown.") % {"days": days},
            hint=_("Days are: %(allowed)s.") % {"allowed": ", ".join(map(str, RANGES))},
        )
    return Asked(days, read_number(query, "swarm"), query.get("llm", "").replace("\x00", "")[:120])


def _answer_file(request: HttpRequest, asked: Asked, format: str) -> HttpResponseBase:
    if asked.swarm:
        find_swarm(request.user, asked.swarm)
    if read_word(request.GET, "by", ("attempt",)):
        rows = rows_of_attempts(request.user, asked)
        return make_export(request, "costs-by-attempt", rows, ATTEMPT_COST_COLUMNS, format)
    return make_export(request, "costs", rows_of_spending(request.user, asked), COST_COLUMNS, format)


def _build(request: HttpRequest, asked: Asked) -> dict[str, Any]:
    swarm = find_swarm(request.user, asked.swarm) if asked.swarm else None
    swarms, open_items = read_surroundings(request.user)
    return {
        "costs": read_costs(request.user, asked),
        "ranges": RANGES,
        "swarm": swarm,
        "swarms": swarms,
        "open_item_count": open_items,
    }
