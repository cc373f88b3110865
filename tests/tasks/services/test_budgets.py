"""Budgets: who has used one up is paused once a month, a person is told, and nothing is stopped that has not spent it."""

from datetime import date, timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.db.models import F
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from agents.models import Agent, Swarm
from agents.services.swarms import change_swarm
from agents.work import BudgetUse
from audit.models import AttentionItem, Entry
from tasks.models import Counted, Step
from tasks.selectors.budgets import (
    MOST_UNCOUNTED,
    begin_of_month,
    list_budgets,
    read_budget,
    read_uncounted,
    spent_this_month,
)
from tasks.selectors.spending import Asked, read_costs
from tasks.services.budgets import watch_budgets
from tasks.services.control import start_swarm, stop_swarm
from tasks.services.spending import count_spending
from tasks.tidying.run import Tidier
from tests.agents.factories import OPERATOR, make_agent, make_swarm, make_user
from tests.tasks.pages.rows import make_attempt, make_task
from tests.tasks.spent import add_spend
from victoros.lib.figures import CENT

pytestmark = pytest.mark.django_db
MID_MONTH = "2026-03-20 12:00Z"
"""When what happened two minutes ago is of the same day and month."""


@pytest.fixture
def agent() -> Agent:
    """An agent of a swarm that may spend ten cents a month."""
    return make_agent(make_swarm("Desk", budget_nanos=10 * CENT), "Reader")


def spend(agent: Agent, cents: int, ago: timedelta = timedelta(0)) -> None:
    """Make one finished call of so many cents; what is older than half a minute can be counted into days."""
    attempt, end = make_attempt(make_task(agent.swarm), agent=agent), timezone.now() - ago
    Step.objects.create(
        attempt=attempt, n=1, kind="think", name="large", started_at=end, finished_at=end, cost_nanos=cents * CENT
    )


def state_of(agent: Agent) -> str:
    return Swarm.objects.get(pk=agent.swarm_id).desired_state


def items() -> list[AttentionItem]:
    return list(AttentionItem.objects.filter(kind="over_budget", status="open"))


def test_a_swarm_below_its_budget_works_on(agent: Agent) -> None:
    spend(agent, 9)

    assert watch_budgets() == 0
    assert (state_of(agent), items()) == ("running", [])


@time_machine.travel(MID_MONTH)
def test_a_swarm_that_has_used_its_budget_up_is_paused_and_a_person_is_told_once(agent: Agent) -> None:
    spend(agent, 6, timedelta(minutes=2))
    count_spending()
    spend(agent, 5)

    assert [watch_budgets(), watch_budgets()] == [1, 0]

    assert state_of(agent) == "paused"
    [item] = items()
    assert (item.title, item.object_kind, item.object_ref) == ("Desk has used up its budget", "swarm", agent.swarm_id)
    assert "$0.11 of $0.10" in item.body
    kinds = list(Entry.objects.filter(object_kind="swarm").order_by("pk").values_list("kind", "actor_name"))
    assert kinds[-2:] == [("swarm.over_budget", "victor"), ("swarm.paused", "victor")]


@time_machine.travel(MID_MONTH)
def test_what_a_swarm_spent_counts_once_while_it_is_counted_into_days(agent: Agent) -> None:
    spend(agent, 3, timedelta(minutes=2))
    spend(agent, 4)
    before = spent_this_month([agent.swarm_id])
    count_spending()

    assert before == spent_this_month([agent.swarm_id]) == {agent.swarm_id: 7 * CENT}


def test_the_scheduler_watches(agent: Agent) -> None:
    spend(agent, 10)

    Tidier().work(0.1)

    assert state_of(agent) == "paused"


def test_who_starts_it_without_a_larger_budget_lets_it_go_on_until_the_month_ends(agent: Agent) -> None:
    spend(agent, 10)
    watch_budgets()

    start_swarm(actor=OPERATOR, swarm=agent.swarm)
    spend(agent, 10)
    watch_budgets()

    assert (state_of(agent), items()) == ("running", [])
    settled = AttentionItem.objects.get(kind="over_budget")
    assert (settled.answer, settled.answered_by) == ("The swarm was started.", OPERATOR.name)


def test_in_the_next_month_it_is_watched_anew_with_nothing_spent(agent: Agent) -> None:
    with time_machine.travel("2026-03-20 12:00Z", tick=False):
        spend(agent, 10)
        watch_budgets()
        start_swarm(actor=OPERATOR, swarm=agent.swarm)
        count_spending()
    with time_machine.travel("2026-04-02 12:00Z", tick=False):
        count_spending()
        spend(agent, 9)
        assert watch_budgets() == 0
        spend(agent, 1)
        assert watch_budgets() == 1
    assert state_of(agent) == "paused"


def test_what_is_not_counted_at_midnight_belongs_to_the_month_it_was_spent_in(agent: Agent) -> None:
    with time_machine.travel("2026-03-31 23:59:50Z", tick=False):
        spend(agent, 20)
        assert spent_this_month([agent.swarm_id]) == {agent.swarm_id: 20 * CENT}
    with time_machine.travel("2026-04-01 00:00:05Z", tick=False):
        assert spent_this_month([agent.swarm_id]) == {agent.swarm_id: 0}
        assert watch_budgets() == 0


def test_months_are_those_of_the_site_wherever_the_reader_is(agent: Agent) -> None:
    with time_machine.travel("2026-11-30 20:00Z", tick=False):  # in Auckland December has begun
        spend(agent, 6, timedelta(minutes=2))
        with timezone.override("Pacific/Auckland"):
            count_spending()
            use = read_budget(agent.swarm)
            [listed] = list_budgets(make_user(superuser=True), None, 12)
            costs = read_costs(make_user(superuser=True), Asked(days=1))

    assert use == listed
    assert (listed.today, listed.spent) == (date(2026, 11, 30), 6 * CENT)
    assert (costs.begins, costs.sums.nanos) == (date(2026, 11, 30), 6 * CENT)


def test_a_changed_budget_settles_the_item_and_is_watched_anew(agent: Agent) -> None:
    spend(agent, 10)
    watch_budgets()

    swarm = change_swarm(actor=OPERATOR, swarm=agent.swarm, budget_nanos=15 * CENT)
    start_swarm(actor=OPERATOR, swarm=swarm)
    assert (items(), swarm.budget_met_on) == ([], None)
    assert watch_budgets() == 0
    spend(agent, 6)
    assert watch_budgets() == 1
    assert state_of(agent) == "paused"


def test_a_change_of_something_else_leaves_item_and_budget_as_they_are(agent: Agent) -> None:
    spend(agent, 10)
    watch_budgets()

    swarm = change_swarm(actor=OPERATOR, swarm=agent.swarm, name="Office")

    assert (swarm.budget_met_on, len(items())) == (begin_of_month(), 1)


def test_a_stopped_swarm_stays_stopped_and_the_person_is_told(agent: Agent) -> None:
    spend(agent, 10)
    stop_swarm(actor=OPERATOR, swarm=agent.swarm)

    assert watch_budgets() == 1
    assert state_of(agent) == "stopped"
    assert "was paused" not in items()[0].body


def test_swarms_without_a_budget_or_without_a_price_are_left_alone(agent: Agent) -> None:
    free = make_agent(make_swarm("Free"))
    spend(free, 1000)
    spend(agent, 0)

    assert watch_budgets() == 0
    assert state_of(free) == "running"


def test_the_watch_asks_no_more_for_more_swarms_and_one_question_without_budgets() -> None:
    def count() -> int:
        with CaptureQueriesContext(connection) as queries:
            watch_budgets()
        return len(queries)

    assert count() == 1
    for n in range(2):
        spend(make_agent(make_swarm(f"S {n}", budget_nanos=100 * CENT)), 1)
    few = count()
    for n in range(20):
        spend(make_agent(make_swarm(f"T {n}", budget_nanos=100 * CENT)), 1)
    assert count() == few


@pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL chooses by its figures")
def test_only_the_newest_steps_are_looked_through_however_much_a_swarm_has_done() -> None:
    with CaptureQueriesContext(connection) as queries:
        read_uncounted()
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN QUERY PLAN {queries[0]['sql']}")
        plan = [row[3] for row in cursor.fetchall()]
    assert plan[0] == "SEARCH tasks_step USING INTEGER PRIMARY KEY (rowid>? AND rowid<?)"


def test_steps_are_found_behind_a_gap_in_their_numbers(agent: Agent) -> None:
    """PostgreSQL leaves gaps where transactions are taken back, and a restored installation begins anywhere."""
    count_spending()
    spend(agent, 10)
    Step.objects.update(id=F("id") + 10 * MOST_UNCOUNTED)

    assert watch_budgets() == 1


def test_the_use_says_when_it_is_used_up_at_the_pace_of_the_last_week(agent: Agent) -> None:
    with time_machine.travel("2026-03-11 12:00Z", tick=False):
        for day, cents in ((1, 2), (5, 1), (10, 2), (11, 1)):  # of the last seven days: 4 cents
            add_spend(agent, date(2026, 3, day), cost_nanos=cents * CENT)
        use = read_budget(agent.swarm)
        [listed] = list_budgets(make_user(superuser=True), None, 12)

    assert use is not None
    assert (use.spent, use.week, use.used_up_on) == (6 * CENT, 4 * CENT, date(2026, 3, 18))
    assert listed == use


@pytest.mark.parametrize(("spent", "week"), [(10, 10), (11, 0), (1, 0), (1, 1)])
def test_it_says_no_day_when_it_is_used_up_or_lasts_the_month(agent: Agent, spent: int, week: int) -> None:
    use = BudgetUse(1, "Desk", 10, spent, week, date(2026, 3, 11))
    assert use.used_up_on is None
    assert use.is_met == (spent >= 10)


def test_budgets_are_listed_the_most_used_first_and_only_to_who_may_see_them(agent: Agent) -> None:
    other = make_agent(make_swarm("Other", budget_nanos=10 * CENT))
    for who, cents in ((agent, 2), (other, 5)):
        add_spend(who, timezone.localdate(), cost_nanos=cents * CENT)

    def names(user: Any, swarm: int | None = None) -> list[str]:
        return [use.name for use in list_budgets(user, swarm, 12)]

    everything = make_user(superuser=True)
    assert names(everything) == ["Other", "Desk"]
    assert names(everything, agent.swarm_id) == ["Desk"]
    assert names(make_user("viewer", agent.swarm)) == ["Desk"]


def test_a_long_way_behind_no_more_than_so_many_steps_are_looked_through(
    agent: Agent, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tasks.selectors.budgets.MOST_UNCOUNTED", 1)
    Counted.objects.create(pk=2, step_ref=0, until=timezone.now())
    spend(agent, 5)
    first = Step.objects.latest("pk").pk
    Counted.objects.filter(pk=2).update(step_ref=first - 1)
    spend(agent, 5)

    assert watch_budgets() == 0
    Counted.objects.filter(pk=2).update(step_ref=first)
    assert spent_this_month([agent.swarm_id]) == {agent.swarm_id: 5 * CENT}
