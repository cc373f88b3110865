"""The list of first steps: ticked by rows, for one person, gone for good when done or dismissed, and cheap."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from agents.models import Checklist, Provider, Setup
from agents.services.providers import add_provider
from audit.actors import person
from audit.models import PushSubscription
from tasks.services.control import stop_swarm
from tests.agents.factories import make_agent, make_swarm, make_user
from tests.tasks.pages.rows import make_approval, make_attempt, make_task, make_tasks

pytestmark = pytest.mark.django_db

TICKS = {
    "swarm": "A swarm is made",
    "task": "A task is finished",
    "approval": "You answered an approval",
    "agent": "An agent of your own",
    "model": "A better language model answers",
    "person": "Somebody else has an account",
    "phone": "A phone or desktop is told",
    "stop": "You tried to stop",
}


@pytest.fixture
def operator(client: Client) -> Any:
    """A superuser, signed in, alone on the site."""
    user = make_user(superuser=True)
    client.force_login(user)
    return user


def ticked(client: Client) -> set[str]:
    """Return the steps that the board shows as done."""
    page = client.get("/").text
    return {name for name, label in TICKS.items() if f'<span class="dim">{label}</span>' in page}


def do_all(user: Any) -> None:
    """Do every first step."""
    swarm = make_swarm()
    agent = make_agent(swarm)
    make_task(swarm, status="completed", agent=agent)
    approval = make_approval(make_attempt(make_task(swarm, agent=agent), agent))
    type(approval).objects.update(status="approved")
    provider = add_provider(actor=person(user), name="far", kind="openai", model="m")
    Provider.objects.filter(pk=provider.pk).update(test_ok=True)
    make_user()
    PushSubscription.objects.create(user=user, name="my phone", endpoint_digest="d", service="push.example")
    stop_swarm(actor=person(user), swarm=swarm)


def test_nothing_is_ticked_before_anything_happened(client: Client, operator: Any) -> None:
    page = client.get("/").text
    assert "First steps" in page
    assert ticked(client) == set()
    assert all(label in page for label in TICKS.values())


def test_each_step_ticks_itself_when_its_rows_are_there(client: Client, operator: Any) -> None:
    swarm = make_swarm()
    assert ticked(client) == {"swarm"}
    agent = make_agent(swarm, program="desk.reader")
    make_task(swarm, status="failed", agent=agent)
    assert ticked(client) == {"swarm"}
    make_agent(swarm)
    make_task(swarm, status="verified", agent=agent)
    assert ticked(client) == {"swarm", "agent", "task"}
    stop_swarm(actor=person(operator), swarm=swarm)
    make_user()
    assert ticked(client) == {"swarm", "agent", "task", "stop", "person"}


def test_the_list_goes_when_all_is_done_and_nothing_is_asked_any_more(client: Client, operator: Any) -> None:
    do_all(operator)
    assert "First steps" not in client.get("/").text
    assert Checklist.objects.get().why == "done"
    with CaptureQueriesContext(connection) as queries:
        client.get("/")
    assert not [query for query in queries if "has_approval" in query["sql"]]


def test_dismissing_is_for_one_person_and_can_be_taken_back(client: Client, operator: Any) -> None:
    second = Client()
    second.force_login(make_user(superuser=True))
    assert client.post("/first-steps/end/", {"act": "dismiss"})["Location"] == "/"
    assert client.post("/first-steps/end/", {"act": "dismiss"})["Location"] == "/"
    assert "First steps" not in client.get("/").text
    assert "First steps" in second.get("/").text
    again = Client()
    again.force_login(operator)
    assert "First steps" not in again.get("/").text
    client.post("/first-steps/end/", {"act": "show"})
    assert "First steps" in client.get("/").text


def test_an_operator_gets_what_an_operator_can_do_and_a_viewer_nothing(client: Client) -> None:
    swarm = make_swarm()
    client.force_login(make_user("operator", swarm))
    page = client.get("/").text
    assert "First steps" in page
    assert TICKS["model"] not in page
    client.force_login(make_user("viewer", swarm))
    assert "First steps" not in client.get("/").text


def test_a_first_run_left_in_the_middle_can_be_taken_up_from_the_board(client: Client, operator: Any) -> None:
    assert "Setting up was left in the middle" not in client.get("/").text
    Setup.objects.create(key=1)
    assert "Setting up was left in the middle" in client.get("/").text


def test_the_list_costs_one_query_however_much_there_is(client: Client, operator: Any) -> None:
    swarm = make_swarm()
    counts = []
    for number in (10, 1000):
        make_tasks(swarm, number, status="completed")
        with CaptureQueriesContext(connection) as queries:
            client.get("/first-steps/")
        counts.append(len(queries))
    assert counts[0] == counts[1]
    assert counts[0] <= 5
