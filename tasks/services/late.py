"""Words for a decision that comes too late, twice, or for another act than the one that was seen."""

from typing import Any

from django.utils.translation import gettext_lazy

from tasks.models import Approval
from victoros.lib import clock, figures
from victoros.lib.errors import Conflict
from victoros.lib.sentences import sentence as _
from victoros.lib.wording import say_word

NOTHING_CHANGED = gettext_lazy("Nothing was changed by you. The page shows how it stands.")


def refuse_other_act(approval: Approval, digest: str) -> None:
    """Raise when the decider saw another act; empty means that nothing was claimed to be seen."""
    if digest and digest != approval.digest:
        raise Conflict(
            _("This decision was about act %(seen)s; approval %(pk)s is about act %(asked)s.")
            % {"seen": digest[:8], "pk": approval.pk, "asked": approval.digest[:8]},
            hint=_("Look at the act as it is now, then decide."),
        )


def refuse_overdue(approval: Approval) -> None:
    """Raise because the time for a yes is over, although nobody has told the agent yet."""
    raise Conflict(
        _("The time for this ran out %(expires_at)s ago; the agent is being told no.")
        % {"expires_at": figures.say_since(approval.expires_at)},
        hint=_("Retry the task if the act is still wanted: it will ask again."),
    )


def explain_late(approval: Approval, wanted: str, edited: dict[str, Any] | None) -> Approval:
    """Return the approval when the same was decided before; else raise and say by whom, when and what follows."""
    if approval.status == wanted and approval.edited == edited:
        return approval
    raise Conflict(_say(approval, wanted), hint=str(NOTHING_CHANGED))


def _say(approval: Approval, wanted: str) -> str:
    ago = (
        _("%(decided_at)s ago") % {"decided_at": figures.say_since(approval.decided_at)}
        if approval.decided_at
        else _("before")
    )
    if approval.status == Approval.Status.EXPIRED:
        return _("Nobody decided in time: it expired %(ago)s, and %(name)s was told no.") % {
            "ago": ago,
            "name": approval.agent.name,
        }
    if approval.status == Approval.Status.WITHDRAWN:
        return _("Nothing waits for this any more: the work that asked for it was ended %(ago)s by %(decided_by)s.") % {
            "ago": ago,
            "decided_by": approval.decided_by,
        }
    how = _(" with other arguments") if approval.status == wanted or approval.edited is not None else ""
    return _("This was already %(status)s%(how)s by %(who)s, %(ago)s.") % {
        "status": say_word(approval.status),
        "how": how,
        "who": approval.decided_by or _("somebody"),
        "ago": ago,
    }


def is_overdue(approval: Approval) -> bool:
    """Tell whether it waits although its time is over; the next round of the scheduler tells the agent."""
    return approval.status == Approval.Status.PENDING and approval.expires_at <= clock.now()
