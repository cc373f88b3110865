"""Budgets of swarms: who has spent what a month may cost is paused, once, and a person is told.

The journal is looked at every few seconds, so a budget is passed by what a swarm spends in that time and by the calls that
are on their way; steps in flight are finished.
"""

from datetime import date

from django.db import transaction

from agents.models import Swarm
from audit.actors import SYSTEM
from audit.attention import raise_item
from audit.events import Fact, Kind, record
from audit.models import AttentionItem
from audit.topics import bump
from tasks.selectors.budgets import begin_of_month, read_uncounted, spent_this_month
from tasks.services.control import pause_swarm
from victoros.lib.figures import say_money
from victoros.lib.sentences import Sentence
from victoros.lib.sentences import sentence as _

SEVERITY = 70


def watch_budgets() -> int:
    """Pause the swarms that have used up their budgets; returns how many. Safe to run twice.

    Only swarms with a budget that spent something lately are looked at: all others stand as they stood in the last round.
    """
    month = begin_of_month()
    watched = Swarm.objects.filter(archived_at=None, budget_nanos__gt=0).exclude(budget_met_on=month)
    if not watched.exists():
        return 0
    budgets = dict(watched.filter(pk__in=read_uncounted()).values_list("pk", "budget_nanos"))
    spent = spent_this_month(budgets)
    over = [pk for pk, budget in budgets.items() if budget and spent[pk] >= budget]
    return sum(_meet(pk, spent[pk], month) for pk in over)


@transaction.atomic
def _meet(pk: int, spent: int, month: date) -> bool:
    """Note that the budget is met, pause the swarm and tell; False when it was changed or noted meanwhile."""
    swarm = Swarm.objects.select_for_update().get(pk=pk)
    if swarm.budget_nanos is None or spent < swarm.budget_nanos or swarm.budget_met_on == month or swarm.archived_at:
        return False
    Swarm.objects.filter(pk=pk).update(budget_met_on=month)
    detail = {"month": f"{month:%Y-%m}", "spent": say_money(spent), "budget": say_money(swarm.budget_nanos)}
    record(Fact(Kind.SWARM_OVER_BUDGET, SYSTEM, "swarm", pk, swarm.name, swarm.workspace_id, pk, detail=detail))
    was_running = swarm.desired_state == "running"
    if was_running:
        pause_swarm(actor=SYSTEM, swarm=swarm)
    raise_item(
        actor=SYSTEM,
        kind=AttentionItem.Kind.OVER_BUDGET,
        title=_("%(title)s has used up its budget") % {"title": swarm.name},
        body=_explain(was_running) % detail,
        severity=SEVERITY,
        object_kind="swarm",
        object_ref=pk,
        workspace_ref=swarm.workspace_id,
        swarm_ref=pk,
    )
    bump({"attention", "swarms", f"swarm:{pk}", "audit"})
    return True


def _explain(was_running: bool) -> Sentence:
    if not was_running:
        return _(
            "It spent %(spent)s of %(budget)s in %(month)s. Give it a larger budget before you start it, or start it to let it "
            "go on until the month ends."
        )
    return _(
        "It spent %(spent)s of %(budget)s in %(month)s and was paused. Give it a larger budget and start it, or start it to "
        "let it go on until the month ends."
    )
