"""What today's work cost: tokens and money of the attempts begun today, and of all agents ever."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Sum
from django.utils import timezone

from agents.models import Agent
from agents.permissions import visible_to
from tasks.models import Attempt


@dataclass(frozen=True)
class Spending:
    """Tokens, and cost in billionths of a dollar."""

    tokens_today: int
    nanos_today: int
    tokens: int
    nanos: int


def read_spending(user: Any, now: datetime) -> Spending:
    """Add up. Reads today's attempts only: ids rise with time, so the first of today bounds the scan."""
    midnight = timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0)
    before = Attempt.objects.filter(created_at__lt=midnight).order_by("-pk").values_list("pk", flat=True).first() or 0
    today = visible_to(user, Attempt.objects.filter(pk__gt=before)).aggregate(
        sent=Sum("tokens_in", default=0), got=Sum("tokens_out", default=0), nanos=Sum("cost_nanos", default=0)
    )
    ever = visible_to(user, Agent.objects.all()).aggregate(
        tokens=Sum("token_count", default=0), nanos=Sum("cost_nanos", default=0)
    )
    return Spending(today["sent"] + today["got"], today["nanos"], ever["tokens"], ever["nanos"])
