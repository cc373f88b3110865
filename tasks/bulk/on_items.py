"""Acts on many items that wait for a person: whether a row allows them, the calls of their services, and the ways back."""

from collections.abc import Callable
from typing import Any

from django.utils.translation import gettext_lazy as lazy

from audit.actors import Actor
from audit.models import AttentionItem
from tasks.bulk.act import Act, Done, Given
from tasks.models import Approval
from tasks.services import questions
from tasks.services.approvals import approve, reject
from victoros.lib.errors import Conflict
from victoros.lib.sentences import sentence as _
from victoros.lib.wording import say_word

_ONE_BY_ONE = ("approval", "question", "uncertain_effect", "not_stopped")
_NOTES = [kind for kind in AttentionItem.Kind.values if kind not in _ONE_BY_ONE]


def not_item(*kinds: str) -> Callable[[Any], str]:
    """Build `why_not` from the kinds that allow an act."""

    def why_not(item: Any) -> str:
        if item.status != "open":
            return _("is off the list already")
        return "" if item.kind in kinds else _("is a matter of another kind (%(kind)s)") % {"kind": say_word(item.kind)}

    return why_not


def decide(how: str) -> Callable[[Actor, AttentionItem, Given], Done]:
    """Build a yes or no to the approval of an item."""

    def do(actor: Actor, item: AttentionItem, given: Given) -> Done:
        approval = Approval.objects.select_related("agent").get(pk=item.object_ref)
        if how == "approve":
            approve(actor=actor, approval=approval, digest=approval.digest)
            return _("approved"), None
        reject(actor=actor, approval=approval, reason=given.get("reason", ""), digest=approval.digest)
        return _("rejected"), None

    return do


def note(actor: Actor, item: AttentionItem, given: Given) -> Done:
    """Take note of an item."""
    if not questions.dismiss(actor=actor, item=item):
        raise Conflict(_("Somebody was quicker."))
    return _("noted"), None


ACTS: tuple[Act, ...] = (
    Act(
        "approve",
        lazy("Approve"),
        lazy("Each exact act is done, once, and nothing else."),
        not_item("approval"),
        decide("approve"),
    ),
    Act(
        "reject",
        lazy("Reject"),
        lazy("The agents read your reason and go on without."),
        not_item("approval"),
        decide("reject"),
        asks="reject",
        tone="danger",
    ),
    Act(
        "note",
        lazy("Take note"),
        lazy("They leave the list; nothing else changes, and the record keeps them."),
        not_item(*_NOTES),
        note,
    ),
)
