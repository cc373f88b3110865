"""The providers of the invented installation, and what a month of asking them cost."""

from collections.abc import Iterable
from datetime import date, timedelta

from django.db import transaction
from django.db.models import Sum

from agents.models import Agent, Provider, Swarm
from agents.services.providers import add_provider, make_default
from audit.actors import Actor
from tasks.models import Spend, SwarmSpend
from tasks.selectors.budgets import spent_this_month
from tasks.services.spending import add_calls, count_spending
from victoros.lib import clock
from victoros.lib.figures import DOLLAR
from victoros.lib.sentences import sentence as _

LARGE, SMALL = "gpt-large", "small-8b"
ANSWERED = _("It answered: %(said)s") % {"said": "ready"}


def add_providers(actor: Actor) -> Provider:
    """Add a dear provider, the default, and a cheap one for those who fetch; return the cheap one."""
    large = add_provider(
        actor=actor, name="gateway", kind="openai", base_url="https://llm.example/v1", model=LARGE, key="for-pictures-only",
        price_in_per_mtok="15", price_out_per_mtok="60", max_concurrent=16, tokens_per_min=400_000, timeout_s=90,
    )  # fmt: skip
    small = add_provider(
        actor=actor, name="own-hardware", kind="ollama", base_url="http://north-2:11434", model=SMALL,
        price_in_per_mtok="0.2", price_out_per_mtok="0.6", max_concurrent=4, timeout_s=60,
    )  # fmt: skip
    make_default(actor=actor, provider=large)
    return small


def let_them_answer() -> None:
    """Let every provider have passed its test a moment ago."""
    now = clock.now()
    for n, provider in enumerate(Provider.objects.order_by("pk")):
        Provider.objects.filter(pk=provider.pk).update(
            test_ok=True, test_message=ANSWERED, test_latency_ms=380 + 410 * n, tested_at=now - timedelta(minutes=2 + n)
        )


def spend_a_month() -> None:
    """Count what the journal tells, and let the days before have been like it: more or less, little at weekends."""
    count_spending()
    today = clock.site_day()
    rows = _gather(today)
    for back in range(1, 30):
        day = today - timedelta(days=back)
        share = (70 + back * 37 % 60) // (4 if day.weekday() > 4 else 1)
        _keep(_like(rows, day, share))
    for llm, names in ((SMALL, ("scout-1", "scout-2")), (LARGE, ("checker", "editor"))):
        for n, agent in enumerate(Agent.objects.filter(name__in=names).order_by("pk")):
            _keep(_steady(agent, llm, today, 220 - 90 * n))
    for agent in Agent.objects.all():
        spent = Spend.objects.filter(agent=agent).aggregate(Sum("cost_nanos"), Sum("tokens_in"), Sum("tokens_out"))
        nanos, *tokens = (figure or 0 for figure in spent.values())
        Agent.objects.filter(pk=agent.pk).update(cost_nanos=nanos, token_count=sum(tokens))


def give_budgets() -> None:
    """Give every swarm a round budget; the first has used a good part of what a month may cost."""
    for swarm, percent in zip(Swarm.objects.order_by("pk"), (115, 240), strict=False):
        spent = spent_this_month([swarm.pk])[swarm.pk]
        tens = max(1, spent * percent // 100 // (10 * DOLLAR))
        Swarm.objects.filter(pk=swarm.pk).update(budget_nanos=tens * 10 * DOLLAR)


def _gather(today: date) -> list[Spend]:
    """Let all that was counted be of today: shortly after midnight a part of the journal is of the day before."""
    figures = ("calls", "failed", "tokens_in", "tokens_out", "cost_nanos")
    sums = {figure: Sum(figure) for figure in figures}
    counted = list(Spend.objects.order_by("agent", "llm").values("swarm_id", "agent_id", "llm").annotate(**sums))
    Spend.objects.all().delete()
    SwarmSpend.objects.all().delete()
    rows = [Spend(day=today, **row) for row in counted]
    _keep(rows)
    return rows


def _keep(rows: Iterable[Spend]) -> None:
    with transaction.atomic():
        add_calls(
            [
                (row.day, row.swarm_id, row.agent_id, row.llm, row.calls, row.failed, row.tokens_in, row.tokens_out, row.cost_nanos)
                for row in rows
            ]
        )  # fmt: skip


def _like(rows: Iterable[Spend], day: date, percent: int) -> list[Spend]:
    def part(figure: int) -> int:
        return figure * percent // 100

    return [
        Spend(
            day=day, swarm_id=row.swarm_id, agent_id=row.agent_id, llm=row.llm, calls=part(row.calls), failed=row.failed,
            tokens_in=part(row.tokens_in), tokens_out=part(row.tokens_out), cost_nanos=part(row.cost_nanos),
        )
        for row in rows if row.agent.name.startswith("reader")
    ]  # fmt: skip


def _steady(agent: Agent, llm: str, today: date, calls: int) -> list[Spend]:
    """Return what one agent that works every day spent before today."""
    price = 19_000_000 if llm == LARGE else 300_000
    return [
        Spend(
            day=today - timedelta(days=back), swarm_id=agent.swarm_id, agent=agent, llm=llm,
            calls=calls // 6 + back, failed=int(back % 9 == 4), tokens_in=calls * 210, tokens_out=calls * 18,
            cost_nanos=(calls // 6 + back) * price,
        )
        for back in range(1, 30)
    ]  # fmt: skip
