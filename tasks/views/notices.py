"""The address to which a notification's buttons lead."""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from audit.notifications.devices import read_device
from tasks.selectors.needs import say_when
from tasks.services.notices import decide_from_notice
from victoros.lib.requests import read_json, require_own_script


@csrf_exempt
@require_POST
def notice_decide(request: HttpRequest) -> HttpResponse:
    """Decide the act of a notification, sent as JSON (`token`, `decision`) by the service worker.

    A worker has no CSRF token. In its place stands the notification's own: no other site can know it, it came encrypted to this
    device. Session, device cookie and origin must fit besides.
    """
    require_own_script(request)
    said = read_json(request)
    approval = decide_from_notice(
        user=request.user,
        device_ref=read_device(request),
        token=str(said.get("token", ""))[:100],
        decision=str(said.get("decision", ""))[:10],
    )
    words = {"approved": _("Approved"), "rejected": _("Rejected")}
    goes_on = _("%(agent)s goes on%(when)s.") % {"agent": approval.agent.name, "when": say_when(approval)}
    told = _("%(agent)s was told.") % {"agent": approval.agent.name}
    return JsonResponse(
        {
            "status": approval.status,
            "title": words.get(approval.status, approval.get_status_display()),
            "body": goes_on if approval.status == "approved" else told,
            "url": reverse("approval_view", args=[approval.pk]),
        }
    )
