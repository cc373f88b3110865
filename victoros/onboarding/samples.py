"""Filling in a little sample data from the pages, and taking it away again."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from agents.models import Swarm
from audit.actors import person
from victoros.demo.fill import fill_demo, find_sample
from victoros.demo.remove import remove_demo
from victoros.demo.sizes import Size
from victoros.lib.errors import NotAllowed
from victoros.lib.http import confirm, finish

SMALL = Size(agents=48, tasks=240, steps=2_400)
"""Enough to see every page full and to practise every tutorial; made in a few seconds."""
SEED = 5
"""One with approvals and a question that wait, for the tutorials."""


@require_POST
def sample_fill(request: HttpRequest) -> HttpResponse:
    """Fill in a little sample data. Twice does it once."""
    _require(request.user)
    filled = fill_demo(actor=person(request.user), size=SMALL, seed=SEED)
    said = _("Sample data is filled in. Look around; it is taken away on this page.")
    return finish(request, reverse("home"), said if filled.is_new else _("The sample data was there already."))


@require_http_methods(["GET", "HEAD", "POST"])
def sample_remove(request: HttpRequest) -> HttpResponse:
    """Take the sample data away, after asking."""
    _require(request.user)
    if request.method != "POST":
        return confirm(request, _question())
    rows = sum(remove_demo(actor=person(request.user)).values())
    said = ngettext("Taken away: %(rows)s row of sample data.", "Taken away: %(rows)s rows of sample data.", rows)
    return finish(request, reverse("home"), said % {"rows": f"{rows:,}"} if rows else _("There is no sample data."))


def _require(user: Any) -> None:
    if not user.is_superuser:
        raise NotAllowed(
            _("Only a superuser fills or removes sample data: it shows to everybody."),
            hint=_("Ask who installed the site."),
        )


def _question() -> dict[str, Any]:
    workspace = find_sample()
    swarms = list(Swarm.objects.filter(workspace=workspace).order_by("name")) if workspace else []
    return {
        "title": _("Take the sample data away?") if workspace else _("There is no sample data"),
        "text": _("Everything in its workspace goes, also what people added there. Nothing else is touched."),
        "effects": [_("%(name)s goes, with its agents, tasks and mail") % {"name": swarm.name} for swarm in swarms],
        "undo": _("It can be filled in again; what was added to it cannot be brought back.") if workspace else "",
        "action": reverse("sample_remove"),
        "submit": _("Take it away") if workspace else _("All right"),
        "danger": bool(workspace),
        "cancel": reverse("home"),
    }
