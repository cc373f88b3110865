"""One decision by one person on one act, whatever brought it here: a page, a command, a phone."""

from dataclasses import dataclass
from typing import Any

from agents.permissions import OPERATE, require, visible_to
from audit.actors import person
from tasks.models import Approval
from tasks.selectors.needs import say_when
from tasks.services.approvals import approve, approve_edited, reject
from victoros.lib.errors import InvalidInput, NotFound
from victoros.lib.sentences import sentence as _


@dataclass(frozen=True)
class Decision:
    """What somebody wants: `decision` is approve or reject; `digest` names the act as it was shown to them."""

    decision: str
    digest: str = ""
    note: str = ""
    """The reason of a rejection, else a word for the record."""
    arguments: dict[str, Any] | None = None
    """Other arguments to approve; None: as they were asked for."""


def decide_approval(*, user: Any, pk: int, wanted: Decision) -> str:
    """Decide as `user`, whose right is checked here, and return the sentence to show. Deciding the same twice is harmless.

    Raises `NotFound` to strangers, `NotAllowed` without the right, `Conflict` for a decision too late or on another act.
    """
    approval = find_approval(user, pk)
    require(user, OPERATE, approval.swarm)
    given: Any = {"actor": person(user), "approval": approval, "digest": wanted.digest}
    name = approval.agent.name
    if wanted.decision == "reject":
        reject(reason=wanted.note, **given)
        return _("Rejected: %(tool)s. %(name)s was told why.") % {"tool": approval.tool, "name": name}
    if wanted.decision != "approve":
        raise InvalidInput(
            _("An approval is approved or rejected, not %(value)s.") % {"value": repr(wanted.decision[:40])},
            hint=_("Use the page's buttons."),
        )
    if wanted.arguments is None:
        approve(note=wanted.note, **given)
        return _("Approved: %(tool)s. %(name)s goes on%(approval)s.") % {
            "tool": approval.tool,
            "name": name,
            "approval": say_when(approval),
        }
    approve_edited(arguments=wanted.arguments, note=wanted.note, **given)
    return _("Approved as you changed it: %(tool)s. %(name)s is told, and goes on%(approval)s.") % {
        "tool": approval.tool,
        "name": name,
        "approval": say_when(approval),
    }


def find_approval(user: Any, pk: int) -> Approval:
    """Return an approval `user` may look at; raise `NotFound` to anybody else."""
    rows = Approval.objects.select_related("task", "agent", "swarm__workspace", "attempt", "rule")
    approval = visible_to(user, rows).filter(pk=pk).first()
    if approval is None:
        raise NotFound(
            _("There is no approval %(pk)s, or you may not see it.") % {"pk": pk}, hint=_("Look at what needs you.")
        )
    return approval
