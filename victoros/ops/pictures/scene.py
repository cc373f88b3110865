"""An invented installation at work, for pictures: rows as the engine would have left them. Only for a scratch database."""

from datetime import datetime, timedelta

from django.contrib.auth import get_user_model

from agents.models import Agent, Checklist, Message, Setup, Swarm
from agents.services.first_run import ensure_operator
from audit.models import AttentionItem, Entry
from tasks.models import Attempt, Cell
from tasks.services.control import stop_agent
from victoros.lib import clock
from victoros.ops.pictures.cast import OPERATOR, make_cells, make_crew, make_swarms
from victoros.ops.pictures.money import add_providers, give_budgets, let_them_answer, spend_a_month
from victoros.ops.pictures.talk import make_mail, make_needs, tell_of_one_done
from victoros.ops.pictures.work import make_minutes, make_tasks


def build() -> str:
    """Fill the empty database; return the path that signs the operator in."""
    link = ensure_operator() or ""
    now = clock.now()
    small = add_providers(OPERATOR)
    desk, scout = make_swarms()
    crew = make_crew(desk, scout)
    Agent.objects.filter(swarm=scout).update(provider=small)
    cells = make_cells(now)
    tasks = make_tasks(desk, scout, crew, cells, now)
    make_needs(desk, crew, tasks, now)
    make_mail(desk, scout, crew, now)
    tell_of_one_done(desk, tasks)
    stop_agent(actor=OPERATOR, agent=crew["scout-2"])
    make_minutes(desk, now)
    _spread(now)
    spend_a_month()
    give_budgets()
    _leave_the_beginning(now)
    return link


def freshen() -> None:
    """Let cells and providers have been heard of just now."""
    now = clock.now()
    Cell.objects.filter(status="alive").update(heartbeat_at=now)
    let_them_answer()
    Attempt.objects.filter(status="running", agent__name__startswith="reader-0").exclude(
        agent__name="reader-07"
    ).update(last_step_at=now - timedelta(seconds=4))


def _leave_the_beginning(now: datetime) -> None:
    """Let whoever works here have been through the first run and the first steps long ago."""
    Setup.objects.update(ended_at=now - timedelta(days=40), ended_by=OPERATOR.name)
    for user in get_user_model().objects.all():
        Checklist.objects.get_or_create(user=user, defaults={"why": Checklist.Why.DONE})


def _spread(now: datetime) -> None:
    """Give agents their figures, and what happened the times at which it could have."""
    for agent in Agent.objects.all():
        rows = Attempt.objects.filter(agent=agent)
        active, waiting = rows.filter(status="running").count(), rows.filter(status="waiting").count()
        done = agent.tasks.filter(status__in=["verified", "completed"]).count()
        verified, seen = agent.tasks.filter(status="verified").count(), now - timedelta(minutes=3)
        Agent.objects.filter(pk=agent.pk).update(
            active=active, waiting=waiting, done_count=done, verified_count=verified, verified_at=seen if verified else None,
            failed_count=agent.tasks.filter(status="failed").count(), step_count=sum(rows.values_list("steps", flat=True)),
            token_count=sum(rows.values_list("tokens_in", flat=True)), cost_nanos=sum(rows.values_list("cost_nanos", flat=True)),
            status="stopped" if agent.desired_state == "stopped" else "busy" if active else "waiting" if waiting else "idle",
            status_since=now - timedelta(minutes=3 + agent.pk),
        )  # fmt: skip
    last = Entry.objects.latest("pk").pk
    for pk in Entry.objects.values_list("pk", flat=True):
        Entry.objects.filter(pk=pk).update(at=now - timedelta(seconds=4 + (last - pk) * 19))
    Swarm.objects.filter(name="night-watch").update(state_since=now - timedelta(minutes=13))
    Swarm.objects.exclude(name="night-watch").update(state_since=now - timedelta(hours=2))
    for n, item in enumerate(AttentionItem.objects.order_by("pk")):
        AttentionItem.objects.filter(pk=item.pk).update(created_at=now - timedelta(minutes=14 - 3 * n))
    for n, message in enumerate(Message.objects.order_by("-pk")):
        Message.objects.filter(pk=message.pk).update(sent_at=now - timedelta(seconds=20 + 35 * n))
