"""Pause, resume, stop and the rest: the confirmation, the effect, and every refusal beside it."""

from datetime import date

import pytest
from django.contrib.messages import get_messages
from django.test import Client

from agents.models import Swarm
from audit.models import Entry
from tasks.models import Task
from tasks.selectors.budgets import begin_of_month
from tests.agents.factories import make_agent, make_swarm
from tests.tasks.pages.conftest import SignedIn
from tests.tasks.pages.rows import make_attempt, make_task

pytestmark = pytest.mark.django_db

ACTS: list[tuple[str, str, str]] = [
    ("backlog", "release", "ready"),
    ("ready", "pause", "blocked"),
    ("ready", "cancel", "cancelled"),
    ("completed", "verify", "verified"),
    ("completed", "refute", "ready"),
    ("failed", "retry", "ready"),
    ("quarantined", "retry", "ready"),
]


def said(response: object) -> str:
    return " ".join(str(message) for message in get_messages(response.wsgi_request))  # type: ignore[attr-defined]


@pytest.mark.parametrize(("status", "act", "becomes"), ACTS)
def test_an_act_is_confirmed_done_and_recorded(signed_in: SignedIn, status: str, act: str, becomes: str) -> None:
    task = make_task(make_agent().swarm, status=status)
    client = signed_in("operator", task.swarm)
    url = f"/tasks/{task.pk}/control/"

    asked = client.get(f"{url}?act={act}")
    done = client.post(url, {"act": act, "reason": "because"})

    task.refresh_from_db()
    assert asked.status_code == 200
    assert f'name="act" value="{act}"' in asked.content.decode()
    assert (done.status_code, done["Location"]) == (302, f"/tasks/{task.pk}/")
    assert task.status == becomes
    assert Entry.objects.filter(object_kind="task", object_ref=task.pk).exists()


def test_stop_and_resume_name_what_is_in_flight(signed_in: SignedIn) -> None:
    attempt = make_attempt(make_task(status="in_progress"), status="running")
    client, url = signed_in(), f"/tasks/{attempt.task_id}/control/"

    assert "In flight now: 1 attempt." in client.get(f"{url}?act=stop").content.decode()
    assert "1 attempt taken" in said(client.post(url, {"act": "stop"}))
    attempt.refresh_from_db()
    assert attempt.status == "stopped"
    client.post(url, {"act": "resume"})
    attempt.refresh_from_db()
    assert attempt.status == "ready"


@pytest.mark.parametrize(
    ("status", "act"),
    [("verified", "cancel"), ("ready", "verify"), ("ready", "retry"), ("ready", "release"), ("completed", "pause")],
)
def test_what_the_state_forbids_is_refused_and_changes_nothing(signed_in: SignedIn, status: str, act: str) -> None:
    task, client = make_task(status=status), signed_in()
    url = f"/tasks/{task.pk}/control/"

    assert client.get(f"{url}?act={act}").status_code == 409
    assert client.post(url, {"act": act, "reason": "because"}).status_code == 409
    task.refresh_from_db()
    assert task.status == status


def test_a_refutation_needs_a_reason(signed_in: SignedIn) -> None:
    task, client = make_task(status="completed"), signed_in()
    response = client.post(f"/tasks/{task.pk}/control/", {"act": "refute", "reason": " "})

    assert "This field is required." in response.content.decode()
    task.refresh_from_db()
    assert task.status == "completed"


def test_an_unknown_act_is_refused(signed_in: SignedIn) -> None:
    client, task = signed_in(), make_task()

    for query in ("", "?act=explode"):
        assert client.get(f"/tasks/{task.pk}/control/{query}").status_code == 400
    assert client.post(f"/tasks/{task.pk}/control/", {"act": "explode"}).status_code == 400


def test_a_refusal_names_what_cannot_be_done_to_an_agent(signed_in: SignedIn) -> None:
    answer = signed_in().get(f"/agents/{make_agent().pk}/control/?act=explode")

    assert answer.status_code == 400
    assert "cannot be done to an agent." in answer.content.decode()


def test_a_task_is_assigned_and_given_back(signed_in: SignedIn) -> None:
    agent = make_agent(name="Reader")
    other = make_agent(name="Elsewhere")
    task, client = make_task(agent.swarm, status="ready"), signed_in()
    url = f"/tasks/{task.pk}/control/"

    asked = client.get(f"{url}?act=assign").content.decode()
    client.post(url, {"act": "assign", "agent": agent.pk})
    task.refresh_from_db()
    assert (task.agent, task.pinned) == (agent, True)
    client.post(url, {"act": "assign", "agent": ""})
    task.refresh_from_db()
    assert (task.agent, task.pinned) == (None, False)
    assert "Reader" in asked
    assert "Elsewhere" not in asked
    assert client.post(url, {"act": "assign", "agent": other.pk}).status_code == 200
    task.refresh_from_db()
    assert task.agent is None


def test_the_dialog_gets_the_question_alone(signed_in: SignedIn) -> None:
    task = make_task(status="ready")
    response = signed_in().get(f"/tasks/{task.pk}/control/?act=cancel", headers={"HX-Request": "true"})

    assert response.content.decode().lstrip().startswith("<form")
    assert "<html" not in response.content.decode()


def test_the_way_back_stays_on_this_site(signed_in: SignedIn) -> None:
    agent, client = make_agent(), signed_in()
    url = f"/agents/{agent.pk}/control/"

    assert client.post(url, {"act": "pause", "next": "/agents/"})["Location"] == "/agents/"
    assert client.post(url, {"act": "resume", "next": "//evil.example/"})["Location"] == f"/agents/{agent.pk}/"


@pytest.mark.parametrize(("act", "state"), [("pause", "paused"), ("stop", "stopped")])
def test_agents_are_controlled_and_repeated_acts_say_so(signed_in: SignedIn, act: str, state: str) -> None:
    agent = make_agent(name="Reader")
    client, url = signed_in("operator", agent.swarm), f"/agents/{agent.pk}/control/"

    assert client.get(f"{url}?act={act}").status_code == 200
    client.post(url, {"act": act})
    agent.refresh_from_db()
    assert agent.desired_state == state
    assert "already" in said(client.post(url, {"act": act}))
    assert "works again" in said(client.post(url, {"act": "resume"}))


@pytest.mark.parametrize(("act", "state"), [("pause", "paused"), ("stop", "stopped")])
def test_swarms_are_controlled_with_all_they_do(signed_in: SignedIn, act: str, state: str) -> None:
    attempt = make_attempt(make_task(status="in_progress"), status="running")
    swarm = attempt.swarm
    client, url = signed_in("operator", swarm), f"/swarms/{swarm.pk}/control/"

    assert "In flight now: 1 attempt." in client.get(f"{url}?act={act}").content.decode()
    client.post(url, {"act": act})
    swarm.refresh_from_db()
    attempt.refresh_from_db()
    assert swarm.desired_state == state
    assert attempt.status == ("stopped" if act == "stop" else "running")
    assert client.post(url, {"act": "start"})["Location"] == f"/swarms/{swarm.pk}/"
    swarm.refresh_from_db()
    assert swarm.desired_state == "running"


def _urls() -> list[str]:
    task = make_task(make_agent().swarm)
    agent = task.swarm.agents.get()
    return [f"/tasks/{task.pk}/control/", f"/agents/{agent.pk}/control/", f"/swarms/{task.swarm_id}/control/"]


@pytest.mark.parametrize("place", [0, 1, 2])
def test_a_viewer_is_forbidden_and_a_stranger_finds_nothing(signed_in: SignedIn, place: int) -> None:
    url = _urls()[place]
    swarm = Task.objects.get().swarm
    act = {"act": "pause"}

    for client, code in ((signed_in("viewer", swarm), 403), (signed_in("stranger"), 404), (Client(), 302)):
        assert client.get(url, act).status_code == code
        assert client.post(url, act).status_code == code
    assert signed_in("operator", swarm).post(url, act).status_code == 302


def test_a_form_from_another_site_is_refused(signed_in: SignedIn) -> None:
    swarm = make_swarm()
    client = signed_in("superuser", None, enforce_csrf_checks=True)

    assert client.post(f"/swarms/{swarm.pk}/control/", {"act": "stop"}).status_code == 403
    swarm.refresh_from_db()
    assert swarm.desired_state == "running"


def test_starting_a_swarm_that_was_paused_for_its_budget_says_what_that_means(signed_in: SignedIn) -> None:
    swarm = make_swarm("Desk", budget_nanos=10**9)
    client, url = signed_in("operator", swarm), f"/swarms/{swarm.pk}/control/?act=start"
    warning = "it goes on without one until the month ends"
    Swarm.objects.filter(pk=swarm.pk).update(desired_state="paused", budget_met_on=date(2020, 1, 1))

    assert warning not in client.get(url).content.decode()
    Swarm.objects.filter(pk=swarm.pk).update(budget_met_on=begin_of_month())
    assert warning in client.get(url).content.decode()
    assert warning not in client.get(url.replace("start", "stop")).content.decode()
