"""A yes or no that comes from a notification: the same decision as on the page, bound to person, device, item and exact act."""

from typing import Any

from django.db import transaction

from audit.models import Notice
from audit.notifications import tokens
from tasks.models import Approval
from tasks.services.deciding import Decision, decide_approval
from victoros.lib.errors import Conflict, InvalidInput, NotFound
from victoros.lib.sentences import sentence as _

REASON = "Rejected from a notification, without further words."


class ActChanged(Conflict):
    """What is waited for is not what the notification was about."""


def decide_from_notice(*, user: Any, device_ref: int | None, token: str, decision: str) -> Approval:
    """Approve or reject the act that one notification was about. The same answer twice changes nothing the second time.

    Raises for a wrong person, device or token, for a notification that is too old, and for an act that was changed, decided
    otherwise, withdrawn, or has expired.
    """
    if decision not in ("approve", "reject"):
        raise InvalidInput(_("A notification is answered by approve or reject."), hint=_("Use its buttons."))
    notice = tokens.take_up(token=token, user_ref=user.pk, device_ref=device_ref)
    approval = _find_act(notice)
    note = f"From {_name(notice)}." if decision == "approve" else REASON
    with transaction.atomic():
        tokens.spend(notice, decision)
        decide_approval(user=user, pk=approval.pk, wanted=Decision(decision, notice.act_digest, note))
    approval.refresh_from_db()
    return approval


def _find_act(notice: Notice) -> Approval:
    approval = Approval.objects.select_related("swarm", "agent").filter(pk=notice.item.object_ref).first()
    if approval is None or notice.item.object_kind != "approval":
        raise NotFound(_("There is nothing to decide here any more."), hint=_("Open the page to see what needs you."))
    if approval.digest != notice.act_digest:
        raise ActChanged(
            _("The act was changed since this notification."), hint=_("Open the page and look at it anew.")
        )
    return approval


def _name(notice: Notice) -> str:
    return notice.subscription.name if notice.subscription else "a notification"
