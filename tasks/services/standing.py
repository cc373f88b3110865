"""Giving a yes in advance, and taking it back."""

from datetime import timedelta

from django.db import transaction

from audit.actors import Actor
from audit.events import Fact, Kind, record
from audit.topics import bump
from tasks.models import Approval, StandingRule
from victoros.lib import clock
from victoros.lib.errors import Conflict, InvalidInput
from victoros.lib.sentences import sentence as _

LONGEST = timedelta(hours=24)
MOST_USES = 100


@transaction.atomic
def make_rule(
    *,
    actor: Actor,
    approval: Approval,
    lasts: timedelta,
    max_uses: int,
    whole_swarm: bool = False,
    even_tainted: bool = False,
    note: str = "",
) -> StandingRule:
    """Allow the tool of this approval for its agent, or its whole swarm, from now on. The approval itself is decided apart.

    Events: `rule.made`.
    """
    _check(actor, lasts, max_uses)
    rule = StandingRule.objects.create(
        swarm=approval.swarm,
        agent=None if whole_swarm else approval.agent,
        tool=approval.tool,
        even_tainted=even_tainted,
        max_uses=max_uses,
        made_by=actor.name,
        note=note.strip()[:400],
        expires_at=clock.now() + lasts,
    )
    _tell(Kind.RULE_MADE, actor, rule, minutes=int(lasts.total_seconds() // 60), max_uses=max_uses)
    return rule


@transaction.atomic
def revoke_rule(*, actor: Actor, rule: StandingRule) -> bool:
    """End a rule now; what it has allowed already stays allowed. False when it was revoked before. Events: `rule.revoked`."""
    if actor.is_agent:
        raise Conflict(_("An agent cannot revoke a rule."), hint=_("Rules are for people."))
    changed = StandingRule.objects.filter(pk=rule.pk, revoked_at=None).update(
        revoked_at=clock.now(), revoked_by=actor.name
    )
    rule.refresh_from_db()
    if changed:
        _tell(Kind.RULE_REVOKED, actor, rule, uses=rule.uses)
    return bool(changed)


def _check(actor: Actor, lasts: timedelta, max_uses: int) -> None:
    if actor.is_agent:
        raise Conflict(_("An agent cannot allow anything in advance."), hint=_("Rules are for people."))
    if not timedelta(0) < lasts <= LONGEST:
        raise InvalidInput(_("A rule lasts between a minute and 24 hours."), hint=_("Make a new one when it is over."))
    if not 0 < max_uses <= MOST_USES:
        raise InvalidInput(
            _("A rule may be used 1 to %(most_uses)s times.") % {"most_uses": MOST_USES},
            hint=_("Make a new one when it is used up."),
        )


def _tell(kind: Kind, actor: Actor, rule: StandingRule, **detail: object) -> None:
    who = {"agent": rule.agent.name} if rule.agent else {}
    record(Fact(kind, actor, "rule", rule.pk, rule.tool, swarm_ref=rule.swarm_id, detail={**who, **detail}))
    bump({"rules", "attention"})
