"""The board: what needs me, what is wrong, what everyone does, what it costs; true, and cheap however much there is."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from agents.models import Agent, Provider, Swarm
from audit.actors import SYSTEM
from audit.attention import raise_item
from audit.events import Fact, Kind, record
from tasks.models import Attempt, Cell
from tests.agents.factories import make_agent, make_swarm, make_user
from tests.tasks.pages.rows import make_approval, make_attempt, make_task, make_tasks
from tests.tasks.spent import add_spend
from victoros.dashboard.board import read_board
from victoros.lib import clock

pytestmark = pytest.mark.django_db

QUERIES = 10
"""Session, person, rights, versions; all that needs nothing of the rest, together; what the agents do; the queue's ranking; its
items with their acts together; first steps. That is nine, eight for a superuser."""


@pytest.fixture
def operator(client: Client) -> Any:
    """A superuser, signed in."""
    user = make_user(superuser=True)
    client.force_login(user)
    return user


def fill(swarm: Swarm, number: int) -> None:
    """Make `number` of everything the board shows."""
    cell = Cell.objects.create(host="test", pid=1)
    agents = Agent.objects.bulk_create(
        Agent(swarm=swarm, name=f"a{n}-{number}", status="busy", active=1) for n in range(number)
    )
    tasks = make_tasks(swarm, number, status="in_progress", agent=agents[0])
    Attempt.objects.bulk_create(
        Attempt(task=task, agent=agent, swarm=swarm, n=1, status="running", cell=cell, tokens_in=10, cost_nanos=5)
        for task, agent in zip(tasks, agents, strict=True)
    )
    for task in tasks[:40]:
        approval = make_approval(task.attempts.get())
        raise_item(
            actor=SYSTEM,
            kind="approval",
            title="May I?",
            object_kind="approval",
            object_ref=approval.pk,
            swarm_ref=swarm.pk,
        )
        record(Fact(Kind.TASK_COMPLETED, SYSTEM, "task", task.pk, task.title, swarm_ref=swarm.pk))


@pytest.mark.parametrize("role", ["", "operator"])
def test_the_board_costs_the_same_queries_at_10_and_at_1000_rows(client: Client, role: str) -> None:
    swarm = make_swarm()
    client.force_login(make_user(role, swarm, superuser=not role))
    counts = []
    for number in (10, 1000):
        fill(swarm, number)
        with CaptureQueriesContext(connection) as queries:
            assert client.get("/").status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[1]
    assert counts[1] <= QUERIES


def test_every_count_is_true_and_opens_its_rows(client: Client, operator: Any) -> None:
    swarm = make_swarm()
    make_tasks(swarm, 3, status="backlog")
    make_tasks(swarm, 2, status="verified")
    page = client.get("/").text
    assert '<a href="/tasks/?state=backlog">' in page
    board = read_board(operator)
    assert {stage.status: stage.count for stage in board.stages if stage.count} == {"backlog": 3, "verified": 2}


def test_somebody_sees_only_what_his_roles_let_him_see(client: Client) -> None:
    mine, foreign = make_swarm("mine"), make_swarm("foreign")
    make_task(mine, title="my task", status="ready")
    hidden = make_task(foreign, title="secret task", status="ready")
    make_agent(foreign, "secret agent")
    raise_item(actor=SYSTEM, kind="failed", title="secret item", object_kind="task", object_ref=1, swarm_ref=foreign.pk)
    record(Fact(Kind.TASK_FAILED, SYSTEM, "task", hidden.pk, hidden.title, swarm_ref=foreign.pk))
    client.force_login(make_user("viewer", mine))
    page = client.get("/").text
    assert "secret" not in page
    assert read_board(make_user("viewer", mine)).figures.tasks == {"ready": 1}


def test_a_viewer_is_offered_no_decision(client: Client) -> None:
    swarm = make_swarm()
    fill(swarm, 1)
    client.force_login(make_user("viewer", swarm))
    page = client.get("/").text
    assert "an operator decides" in page
    assert 'value="approve"' not in page


def test_an_operator_decides_in_place(client: Client) -> None:
    swarm = make_swarm()
    fill(swarm, 1)
    client.force_login(make_user("operator", swarm))
    assert 'value="approve"' in client.get("/").text


def test_a_board_without_a_living_cell_says_so(client: Client, operator: Any) -> None:
    assert "No cell is alive" in client.get("/").text


def test_a_silent_cell_is_named_and_a_fresh_one_is_not(operator: Any) -> None:
    silent = Cell.objects.create(host="test", pid=1, heartbeat_at=timezone.now() - timedelta(seconds=30))
    Cell.objects.create(host="test", pid=2, heartbeat_at=timezone.now())
    assert [trouble.title for trouble in read_board(operator).troubles] == [f"Cell {silent.pk} is silent"]


def test_a_busy_agent_that_does_not_advance_comes_first_and_is_wrong(operator: Any) -> None:
    cell = Cell.objects.create(host="test", pid=2, heartbeat_at=timezone.now())
    swarm = make_swarm()
    for name, minutes in (("quick", 0), ("stuck", 60)):
        agent = make_agent(swarm, name)
        Agent.objects.filter(pk=agent.pk).update(status="busy", active=1)
        stepped = timezone.now() - timedelta(minutes=minutes)
        task = make_task(swarm, status="in_progress", agent=agent)
        make_attempt(task, agent, status="running", cell=cell, steps=1, ready_at=stepped, last_step_at=stepped)
    board = read_board(operator)
    assert [member.agent.name for member in board.members][:2] == ["stuck", "quick"]
    assert [trouble.title for trouble in board.troubles] == ["stuck is not advancing"]


def test_what_went_wrong_with_tasks_and_providers_is_counted(operator: Any) -> None:
    Cell.objects.create(host="test", pid=2, heartbeat_at=timezone.now())
    make_tasks(make_swarm(), 2, status="failed")
    Provider.objects.create(name="far", kind="openai", model="m", test_ok=False)
    titles = [trouble.title for trouble in read_board(operator).troubles]
    assert titles == ["1 provider failed the last test", "2 tasks failed"]


def test_today_is_told_from_before(operator: Any) -> None:
    agent, today = make_agent(make_swarm()), clock.site_day()
    for day, tokens_in, tokens_out, nanos in ((today - timedelta(days=2), 100, 5, 1), (today, 7, 3, 2)):
        add_spend(agent, day, tokens_in=tokens_in, tokens_out=tokens_out, cost_nanos=nanos)
    figures = read_board(operator).figures
    assert (figures.tokens_today, figures.nanos_today) == (10, 2)


def test_today_opens_to_the_costs_of_today_which_say_the_same(client: Client, operator: Any) -> None:
    agent = make_agent(make_swarm())
    add_spend(agent, clock.site_day(), cost_nanos=1_080_000_000)
    begun_before = make_attempt(make_task(), status="completed", cost_nanos=7_000_000_000)
    Attempt.objects.filter(pk=begun_before.pk).update(created_at=timezone.now() - timedelta(minutes=1))

    address, said = re.findall(
        r'<a href="(/costs/[^"]*)"><span class="label">Today</span><span class="n">([^<]+)<', client.get("/").text
    )[0]

    assert said == "$1.08"
    assert client.get(address).context["costs"].sums.nanos == 1_080_000_000


def test_doing_is_what_a_living_cell_drives_and_opens_to_it(client: Client, operator: Any) -> None:
    swarm = make_swarm()
    agent = make_agent(swarm)
    ended = Cell.objects.create(host="test", pid=1, status="ended", ended_at=timezone.now())
    for number, cell in ((3, ended), (2, Cell.objects.create(host="test", pid=2))):
        for _ in range(number):
            make_attempt(make_task(agent=agent, status="in_progress"), agent, status="running", cell=cell)
    make_attempt(make_task(agent=agent, status="blocked"), agent, status="waiting", waiting_for="mail")
    make_tasks(swarm, 4, status="blocked")
    Agent.objects.filter(pk=agent.pk).update(active=5, waiting=1)

    board = client.get("/").text

    address, said = re.findall(r'<a href="([^"]*)"><span class="label">Doing</span><span class="n">([^<]+)<', board)[0]
    assert int(said) == 2
    assert client.get(address).text.count('data-key="attempt-') == 2
    assert "1 attempt waits" in board


def test_the_partial_answers_304_until_something_moves(client: Client, operator: Any) -> None:
    first = client.get("/", headers={"HX-Request": "true"})
    assert first.text.lstrip().startswith("<div")
    again = client.get("/", headers={"HX-Request": "true", "If-None-Match": first["ETag"]})
    assert again.status_code in (200, 304)
    assert again["ETag"] == first["ETag"] or again.status_code == 200


def test_stop_names_every_swarm_and_stops_them_all(client: Client, operator: Any) -> None:
    one, two = make_swarm("desk"), make_swarm("scout")
    question = client.get("/stop/").text
    assert "desk stops" in question
    assert "scout stops" in question
    client.post("/stop/")
    assert set(Swarm.objects.values_list("desired_state", flat=True)) == {"stopped"}
    assert {one.pk, two.pk} == set(Swarm.objects.values_list("pk", flat=True))


def test_stop_spares_what_somebody_may_only_look_at(client: Client) -> None:
    mine, foreign = make_swarm("mine"), make_swarm("foreign")
    client.force_login(make_user("operator", mine))
    client.post("/stop/")
    mine.refresh_from_db()
    foreign.refresh_from_db()
    assert (mine.desired_state, foreign.desired_state) == ("stopped", "running")


def test_cells_are_listed_with_their_silence(client: Client, operator: Any) -> None:
    Cell.objects.create(host="north-1", pid=77, heartbeat_at=timezone.now() - timedelta(seconds=30))
    Cell.objects.create(host="north-1", pid=78, status="dead", ended_at=timezone.now(), reason="silent for 10 s")
    page = client.get("/cells/").text
    assert "silent" in page
    assert "silent for 10 s" in page


def test_the_last_stop_is_told_with_who_has_not_obeyed(operator: Any) -> None:
    swarm = make_swarm("halted")
    agent = make_agent(swarm)
    Swarm.objects.filter(pk=swarm.pk).update(desired_state="stopped", state_since=timezone.now())
    Agent.objects.filter(pk=agent.pk).update(status="shutting_down", active=1)
    for n in range(8):
        Swarm.objects.filter(pk=make_swarm(f"later-{n}").pk).update(state_since=timezone.now())

    stop = read_board(operator).last_stop
    assert stop is not None
    assert (stop.name, getattr(stop, "unfinished")) == ("halted", 1)  # noqa: B009

    Agent.objects.filter(pk=agent.pk).update(status="stopped", active=0)
    stop = read_board(operator).last_stop
    assert getattr(stop, "unfinished") == 0  # noqa: B009


def test_a_board_on_which_nothing_was_stopped_claims_no_stop(client: Client, operator: Any) -> None:
    make_swarm("going")
    assert read_board(operator).last_stop is None
    assert "no swarm is stopped" in client.get("/").text


def test_agents_of_one_name_in_error_are_told_apart_by_their_swarms(operator: Any, client: Client) -> None:
    clerks = [make_agent(make_swarm(name), "Clerk") for name in ("Day desk", "Night desk")]
    Agent.objects.filter(pk=clerks[0].pk).update(status="error")
    text = client.get("/").text
    assert "Clerk of Day desk is in error" in text
    Swarm.objects.filter(pk=clerks[1].swarm_id).update(archived_at=timezone.now())
    Agent.objects.filter(pk=clerks[1].pk).update(retired_at=timezone.now())
    assert ">Clerk is in error<" in client.get("/").text
