"""Using a yes that was given in advance. Runs inside the transaction in which an act asks for approval."""

from django.db.models import F, Q, QuerySet

from audit.actors import SYSTEM
from audit.events import Fact, Kind, record
from audit.topics import bump
from tasks.models import Approval, StandingRule
from tasks.selectors.taint import read_taint
from victoros.lib import clock


def use_rule(approval: Approval) -> bool:
    """Approve a pending act by a rule that stands, the soonest to expire first; False when none does."""
    rules = list(standing_rules(approval))
    if not rules:
        return False
    tainted = read_taint(approval.attempt).is_tainted
    return any(_take(rule, approval) for rule in rules if rule.even_tainted or not tainted)


def standing_rules(approval: Approval) -> QuerySet[StandingRule]:
    """Return the rules that hold for this act now, whatever its attempt has read."""
    rows = in_force().filter(swarm=approval.swarm_id, tool=approval.tool)
    return rows.filter(Q(agent=None) | Q(agent=approval.agent_id)).order_by("expires_at", "pk")


def in_force() -> QuerySet[StandingRule]:
    """Return the rules that are neither revoked nor used up nor over."""
    return StandingRule.objects.filter(revoked_at=None, expires_at__gt=clock.now(), uses__lt=F("max_uses"))


def _take(rule: StandingRule, approval: Approval) -> bool:
    """Count one use and decide by it; another process may just have taken the last one."""
    if not in_force().filter(pk=rule.pk).update(uses=F("uses") + 1):
        return False
    by = f"{rule.made_by} (rule {rule.pk})"[:150]
    Approval.objects.filter(pk=approval.pk, status="pending").update(
        status="approved", decided_at=clock.now(), decided_by=by, rule=rule, note="Allowed in advance."
    )
    detail = {"task": approval.task_id, "digest": approval.digest, "rule": rule.pk, "by": rule.made_by}
    record(
        Fact(
            kind,
            SYSTEM,
            noun,
            ref,
            approval.tool,
            swarm_ref=approval.swarm_id,
            detail=detail | {"approval": approval.pk},
        )
        for kind, noun, ref in (
            (Kind.APPROVAL_APPROVED, "approval", approval.pk),
            (Kind.RULE_USED, "rule", rule.pk),
        )
    )
    bump({"rules", f"task:{approval.task_id}"})
    return True
