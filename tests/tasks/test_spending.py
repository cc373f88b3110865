"""What was spent: every call counts once, on its day, and nobody sees the costs of what they may not see."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from importlib import import_module
from random import Random
from typing import Any

import pytest
import time_machine
from django.core.management import call_command
from django.db import connection
from django.db.models import F
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from agents.models import Agent, Swarm
from tasks.models import Attempt, Spend, Step, SwarmSpend
from tasks.selectors import spending as selector
from tasks.selectors.spending import MOST, Asked, read_costs
from tasks.services import spending
from tasks.services.spending import count_spending, count_wrong
from tests.agents.factories import make_agent, make_swarm, make_user
from tests.tasks.pages.rows import make_attempt, make_task
from victoros.ops.checks_stored import check_counts

pytestmark = pytest.mark.django_db
EARLIER = timedelta(minutes=5)


@pytest.fixture(autouse=True)
def noon() -> Iterator[None]:
    """Let what happened five minutes ago be of the same day, at whatever time the tests run."""
    with time_machine.travel(timezone.now().replace(hour=12, minute=0)):
        yield


@pytest.fixture
def swarm() -> Swarm:
    return make_swarm("Desk")


def ask(agent: Agent, calls: int, llm: str = "small", ended: datetime | None = None, **fields: Any) -> Attempt:
    """Make an attempt with so many calls, each of 10 tokens there, 2 back, and 7 billionths of a dollar."""
    attempt = make_attempt(make_task(agent.swarm), agent=agent)
    end = ended or timezone.now() - EARLIER
    Step.objects.bulk_create(
        Step(attempt=attempt, n=n + 1, kind="think", name=llm, started_at=end, finished_at=end,
             **{"tokens_in": 10, "tokens_out": 2, "cost_nanos": 7, **fields})
        for n in range(calls)
    )  # fmt: skip
    tokens = calls * (fields.get("tokens_in", 10) + fields.get("tokens_out", 2))
    nanos = calls * fields.get("cost_nanos", 7)
    Agent.objects.filter(pk=agent.pk).update(
        token_count=F("token_count") + tokens, cost_nanos=F("cost_nanos") + nanos
    )  # as the commit of a step does
    return attempt


def test_each_call_counts_once_on_its_day_for_its_agent_and_model(swarm: Swarm) -> None:
    reader, editor = make_agent(swarm), make_agent(swarm)
    ask(reader, 3)
    ask(reader, 1, outcome="failed")
    ask(reader, 1, ended=timezone.now() - timedelta(days=1))
    ask(editor, 2, "large")

    assert count_spending() == 7
    assert count_spending() == 0

    rows = Spend.objects.order_by("-day", "agent").values_list(
        "agent", "llm", "calls", "failed", "tokens_in", "cost_nanos"
    )
    assert list(rows) == [
        (reader.pk, "small", 4, 1, 40, 28),
        (editor.pk, "large", 2, 0, 20, 14),
        (reader.pk, "small", 1, 0, 10, 7),
    ]


def test_what_a_swarm_spent_is_the_sum_of_its_agents(swarm: Swarm) -> None:
    for _ in range(2):
        ask(make_agent(swarm), 2)
        ask(make_agent(swarm), 1, "large", outcome="failed")
        ask(make_agent(make_swarm()), 1)
        count_spending()

    figures = ("calls", "failed", "tokens_in", "tokens_out", "cost_nanos")
    rows = SwarmSpend.objects.filter(swarm=swarm).order_by("llm").values_list("llm", *figures)
    assert list(rows) == [("large", 2, 2, 20, 4, 14), ("small", 4, 0, 40, 8, 28)]
    assert SwarmSpend.objects.count() == 4
    assert count_wrong() == 0


@pytest.mark.parametrize("change", [{"calls": 7}, {"llm": "other"}, {"cost_nanos": 0}])
def test_wrong_sums_are_found_and_put_right(swarm: Swarm, change: dict[str, Any]) -> None:
    ask(make_agent(swarm), 2)
    count_spending()
    right = list(SwarmSpend.objects.values_list("llm", "calls", "cost_nanos"))
    SwarmSpend.objects.update(**change)
    assert count_wrong() > 0
    assert check_counts().status == "warn"
    call_command("tidy")

    assert list(SwarmSpend.objects.values_list("llm", "calls", "cost_nanos")) == right
    assert check_counts().status == "ok"


def test_what_was_spent_before_is_added_up_by_the_migration(swarm: Swarm) -> None:
    ask(make_agent(swarm), 2)
    ask(make_agent(swarm), 1)
    count_spending()
    SwarmSpend.objects.all().delete()
    with connection.cursor() as cursor:
        cursor.execute(import_module("tasks.migrations.0020_spending_of_swarms_so_far").SO_FAR)

    assert SwarmSpend.objects.get().calls == 3
    assert count_wrong() == 0


def test_later_calls_are_added(swarm: Swarm) -> None:
    agent = make_agent(swarm)
    ask(agent, 1)
    count_spending()
    ask(agent, 2)
    count_spending()

    assert Spend.objects.values_list("calls", "tokens_out").get() == (3, 6)


def test_a_call_whose_commit_may_still_be_on_its_way_waits(swarm: Swarm) -> None:
    ask(make_agent(swarm), 1, ended=timezone.now())

    assert count_spending() == 0

    Step.objects.update(finished_at=timezone.now() - EARLIER)
    assert count_spending() == 1


def test_two_processes_count_nothing_twice(swarm: Swarm, monkeypatch: pytest.MonkeyPatch) -> None:
    ask(make_agent(swarm), 2)
    count = spending._count

    def count_while_another_does(*given: Any) -> Any:
        monkeypatch.setattr(spending, "_count", count)
        assert count_spending() == 2
        return count(*given)

    monkeypatch.setattr(spending, "_count", count_while_another_does)
    assert count_spending() == 0
    assert Spend.objects.get().calls == 2


def test_the_past_is_counted_in_slices(swarm: Swarm, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tasks.services.minutes.AT_ONCE", 2)
    ask(make_agent(swarm), 5)

    counted = [count_spending() for _ in range(4)]

    assert sum(counted) == 5
    assert Spend.objects.get().calls == 5


def test_the_page_tells_how_far_a_long_journal_is_counted(
    swarm: Swarm, monkeypatch: pytest.MonkeyPatch, client: Client
) -> None:
    monkeypatch.setattr("tasks.services.minutes.AT_ONCE", 2)
    person, agent = make_user(superuser=True), make_agent(swarm)
    client.force_login(person)
    yesterday, earlier = timezone.now() - timedelta(days=1), timezone.now() - EARLIER
    ask(agent, 2, ended=yesterday)
    ask(agent, 1, ended=earlier)

    count_spending()
    behind, page = read_costs(person, Asked()), client.get(reverse("costs")).content.decode()
    assert (behind.counted_until, behind.is_behind) == (yesterday, True)
    assert "many later calls are being counted" in page

    count_spending()
    whole, page = read_costs(person, Asked()), client.get(reverse("costs")).content.decode()
    assert whole.counted_until is not None
    assert earlier < whole.counted_until < timezone.now()
    assert not whole.is_behind
    assert "later calls follow within a minute" in page


def test_a_call_of_just_now_does_not_hold_up_what_is_counted(swarm: Swarm) -> None:
    ask(make_agent(swarm), 1)
    ask(make_agent(swarm), 1, ended=timezone.now())
    count_spending()
    assert not read_costs(make_user(superuser=True), Asked()).is_behind


def test_the_parts_add_up_to_the_whole(swarm: Swarm) -> None:
    for n in range(MOST + 3):
        ask(make_agent(swarm), n + 1, llm=f"model {n % 2}")
    count_spending()

    costs = read_costs(make_user(superuser=True), Asked(days=7))

    for shares in (costs.agents, costs.llms, costs.swarms, costs.days):
        assert sum(share.nanos for share in shares) == costs.sums.nanos
    assert costs.agents[-1].label == "all others"
    assert [share.is_rest for share in costs.agents].count(True) == 1
    assert len(costs.agents) == MOST + 1
    assert len(costs.days) == 7


@pytest.mark.parametrize("nanos", [7, 0], ids=["by money", "by tokens"])
@pytest.mark.parametrize("spenders", [1, MOST + 1, 20, 100])
def test_who_spent_most_lately_is_found_whoever_spent_most_before(
    swarm: Swarm, monkeypatch: pytest.MonkeyPatch, nanos: int, spenders: int
) -> None:
    """However few are looked at first, and whatever happened before these days."""
    monkeypatch.setattr(selector, "SPENDERS", spenders)
    chance, long_ago = Random(spenders), timezone.now() - timedelta(days=20)
    lately = {}
    for n in range(MOST * 3):
        agent = make_agent(swarm, f"Agent {n}")
        ask(agent, chance.randrange(9), ended=long_ago, cost_nanos=nanos)
        lately[agent.name] = chance.randrange(9)
        ask(agent, lately[agent.name], cost_nanos=nanos)
    count_spending()

    costs = read_costs(make_user(superuser=True), Asked(days=7))

    shown = [(share.label, share.calls) for share in costs.agents if not share.is_rest]
    assert len(shown) == MOST
    assert [calls for _, calls in shown] == sorted(lately.values(), reverse=True)[:MOST]
    assert all(lately[name] == calls for name, calls in shown)
    assert sum(share.calls for share in costs.agents) == sum(lately.values())


def test_where_nothing_costs_money_tokens_are_compared(swarm: Swarm) -> None:
    ask(make_agent(swarm, "Reader"), 3, cost_nanos=0)
    count_spending()

    costs = read_costs(make_user(superuser=True), Asked())

    assert costs.sums.is_free
    assert [(share.label, share.said) for share in costs.agents] == [("Reader", "36")]


def test_nobody_sees_the_costs_of_what_they_may_not_see(swarm: Swarm, client: Client) -> None:
    ask(make_agent(swarm), 3)
    ask(make_agent(other := make_swarm("Hidden")), 5)
    count_spending()
    client.force_login(make_user("viewer", swarm))

    page = client.get(reverse("costs"))

    assert page.context["costs"].sums.calls == 3
    assert "Hidden" not in page.content.decode()
    assert client.get(reverse("costs"), {"swarm": other.pk}).status_code == 404


def test_the_page_narrows_to_a_swarm_and_a_model_and_refuses_nonsense(swarm: Swarm, client: Client) -> None:
    ask(make_agent(swarm), 3)
    ask(make_agent(swarm), 2, "large")
    ask(make_agent(make_swarm()), 5)
    count_spending()
    client.force_login(make_user(superuser=True))

    def calls(**query: str | int) -> int:
        found: int = client.get(reverse("costs"), query).context["costs"].sums.calls
        return found

    assert calls() == 10
    assert calls(swarm=swarm.pk) == 5
    assert calls(swarm=swarm.pk, llm="large") == 2
    assert calls(days=1) == 10
    assert client.get(reverse("costs"), {"days": 5}).status_code == 400
    assert client.get(reverse("costs"), {"swarm": "x"}).status_code == 400


def test_what_the_page_asks_does_not_grow(swarm: Swarm, client: Client) -> None:
    client.force_login(make_user(superuser=True))

    def queries() -> int:
        with CaptureQueriesContext(connection) as caught:
            assert client.get(reverse("costs")).status_code == 200
        return len(caught)

    for _ in range(10):
        ask(make_agent(swarm), 1)
    count_spending()
    queries()
    few = queries()
    for _ in range(40):
        ask(make_agent(swarm), 2)
    count_spending()
    assert queries() == few


def test_with_nothing_spent_the_page_says_why(client: Client) -> None:
    client.force_login(make_user(superuser=True))

    assert "The embedded model costs nothing." in client.get(reverse("costs")).content.decode()


def test_agents_of_one_name_are_told_apart_by_their_swarms(swarm: Swarm) -> None:
    for agent in (make_agent(swarm, "Planner"), make_agent(make_swarm("Press"), "Planner"), make_agent(swarm, "Clerk")):
        ask(agent, 1)
    count_spending()
    shares = read_costs(make_user(superuser=True), Asked()).agents
    assert {share.label for share in shares} == {"Planner · Desk", "Planner · Press", "Clerk"}
