"""What agents spent, added as the counting adds it."""

from datetime import date

from django.db import transaction

from agents.models import Agent
from tasks.models import Spend
from tasks.services.spending import add_calls


def add_spend(
    agent: Agent,
    day: date,
    llm: str = "m",
    *,
    calls: int = 0,
    failed: int = 0,
    tokens_in: int = 0,
    tokens_out: int = 0,
    cost_nanos: int = 0,
) -> Spend:
    """Add calls of an agent on one day; return what it spent then."""
    with transaction.atomic():
        add_calls([(day, agent.swarm_id, agent.pk, llm, calls, failed, tokens_in, tokens_out, cost_nanos)])
    return Spend.objects.get(day=day, agent=agent, llm=llm)
