"""The list of attempts: what pages count of them opens to exactly these rows."""

import csv
import json
import re
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from agents.models import Agent, SavedView, Swarm
from audit.models import Entry
from tasks.models import Attempt, Cell
from tests.agents.factories import make_agent, make_swarm
from tests.tasks.pages.conftest import SignedIn
from tests.tasks.pages.rows import make_attempt, make_task
from victoros.lib import exporting

pytestmark = pytest.mark.django_db


def rows_behind(client: Client, address: str) -> int:
    """Return how many rows the page at this address lists."""
    return client.get(address).text.count('data-key="attempt-')


def numbers_on(client: Client, address: str) -> dict[str, int]:
    """Return what a page says beside each link to the list of attempts, by the link."""
    link = r'href="(/attempts/\?[^"]*)"[^>]*>(?:<b>)?([\d,]+)'
    found = re.findall(link, client.get(address).text)
    return {href.replace("&amp;", "&"): int(number.replace(",", "")) for href, number in found}


def read(answer: Any) -> list[dict[str, str]]:
    """Return the rows of a file of commas."""
    return list(csv.DictReader(StringIO(answer.getvalue().decode())))


def make_history(swarm: Swarm) -> Agent:
    """Let an agent fail one task twice and complete it, complete another twice, and lose one to somebody else; two are open."""
    agent, cell = make_agent(swarm), Cell.objects.create(host="test", pid=1)
    again, twice = make_task(swarm, agent=agent, status="completed"), make_task(swarm, agent=agent, status="completed")
    lost = make_task(swarm, agent=make_agent(swarm), status="ready")
    for task, ends in (
        (again, ("failed", "failed", "completed")),
        (twice, ("completed", "completed")),
        (lost, ("failed",)),
    ):
        for status in ends:
            make_attempt(task, agent, status=status, ended_at=timezone.now(), error_message="no route")
    make_attempt(make_task(agent=agent, status="in_progress"), agent, status="running", cell=cell)
    make_attempt(make_task(agent=agent, status="blocked"), agent, status="waiting", waiting_for="mail")
    Agent.objects.filter(pk=agent.pk).update(done_count=3, failed_count=3, active=1, waiting=1)
    return agent


@pytest.mark.parametrize("page", ["/agents/", "/agents/{pk}/"])
def test_what_is_said_of_an_agents_attempts_opens_to_as_many_rows(signed_in: SignedIn, page: str) -> None:
    swarm = make_swarm()
    agent = make_history(swarm)
    client = signed_in("viewer", swarm)

    said = numbers_on(client, page.format(pk=agent.pk))

    mine = {href: number for href, number in said.items() if f"agent={agent.pk}" in href}
    assert mine[f"/attempts/?agent={agent.pk}&state=failed"] == 3
    assert mine[f"/attempts/?agent={agent.pk}&state=completed"] == 3
    assert {href: rows_behind(client, href) for href in mine} == mine


def test_what_lives_is_told_by_state_and_a_dead_cell_drives_nothing(signed_in: SignedIn) -> None:
    swarm = make_swarm()
    agent = make_history(swarm)
    gone = Cell.objects.create(host="test", pid=2, status="ended", ended_at=timezone.now())
    late = Cell.objects.create(host="test", pid=3, heartbeat_at=timezone.now() - timedelta(hours=1))
    for cell in (gone, late):
        make_attempt(make_task(swarm, agent=agent, status="in_progress"), agent, status="running", cell=cell)
    make_attempt(make_task(swarm, agent=agent, status="in_progress"), agent, status="ready")
    client = signed_in("superuser")

    states = {
        state: rows_behind(client, f"/attempts/?state={state}") for state in ("running", "silent", "ready", "waiting")
    }

    assert states == {"running": 1, "silent": 2, "ready": 1, "waiting": 1}
    assert rows_behind(client, "/attempts/") == 5
    assert rows_behind(client, "/attempts/?state=active") == 4
    assert "gives no sign of life" in client.get("/attempts/?state=silent").text


def test_a_failed_attempt_says_why_and_opens_to_its_run(signed_in: SignedIn) -> None:
    swarm = make_swarm()
    agent = make_history(swarm)

    page = signed_in("viewer", swarm).get(f"/attempts/?agent={agent.pk}&state=failed").text

    assert "no route" in page
    assert "?attempt=2" in page


def test_nobody_sees_attempts_of_what_is_not_his(signed_in: SignedIn) -> None:
    mine, foreign = make_swarm("mine"), make_swarm("foreign")
    agent = make_history(foreign)
    client = signed_in("viewer", mine)

    assert rows_behind(client, "/attempts/") == 0
    assert client.get(f"/attempts/?agent={agent.pk}").status_code == 404
    assert client.get(f"/attempts/?swarm={foreign.pk}").status_code == 404
    assert rows_behind(signed_in("superuser"), f"/attempts/?swarm={foreign.pk}") == 2


@pytest.mark.parametrize("query", ["state=failed", "state=lost", "agent=x", "after=x"])
def test_what_is_no_choice_is_refused(signed_in: SignedIn, query: str) -> None:
    assert signed_in("superuser").get(f"/attempts/?{query}").status_code == 400


def test_pages_follow_each_other_and_cost_the_same(signed_in: SignedIn) -> None:
    swarm = make_swarm()
    agent, client = make_agent(swarm), signed_in("superuser")
    costs, seen = [], set()
    for number in (10, 120):
        tasks = [make_task(swarm) for _ in range(number)]
        Attempt.objects.bulk_create(Attempt(task=task, agent=agent, swarm=swarm, n=1, status="ready") for task in tasks)
        with CaptureQueriesContext(connection) as queries:
            page = client.get("/attempts/").context["page"]
        costs.append(len(queries))
    assert costs[0] == costs[1]
    assert page.total == 130
    seen |= {line.attempt.pk for line in page.rows}
    while page.next:
        page = client.get(f"/attempts/?after={page.next}").context["page"]
        seen |= {line.attempt.pk for line in page.rows}
    assert len(seen) == 130


def test_a_file_holds_what_the_choice_means_on_all_its_pages(
    signed_in: SignedIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exporting, "AT_ONCE", 2)
    swarm = make_swarm()
    agent = make_history(swarm)
    gone = Cell.objects.create(host="test", pid=2, status="ended", ended_at=timezone.now())
    make_attempt(make_task(swarm, agent=agent, status="in_progress"), agent, status="running", cell=gone)
    client = signed_in("viewer", swarm)

    page = client.get(f"/attempts/?agent={agent.pk}&state=failed").text
    failed = read(client.get(f"/attempts/?agent={agent.pk}&state=failed&format=csv"))
    living = json.loads(client.get("/attempts/?format=json").getvalue())["rows"]

    assert f'href="/attempts/?agent={agent.pk}&amp;state=failed&amp;format=csv"' in page
    assert [(row["attempt"], row["error_message"]) for row in failed] == [(n, "no route") for n in ("1", "2", "1")]
    assert sorted((row["state"], row["waiting_for"]) for row in living) == [
        ("running", ""),
        ("silent", ""),
        ("waiting", "mail"),
    ]
    entry = Entry.objects.filter(kind="list.exported").latest("pk")
    assert (entry.object_name, entry.detail["format"]) == ("attempts", "json")


def test_no_file_is_made_of_what_is_not_his(signed_in: SignedIn) -> None:
    mine, foreign = make_swarm("mine"), make_swarm("foreign")
    agent = make_history(foreign)
    client = signed_in("viewer", mine)

    assert client.get(f"/attempts/?agent={agent.pk}&format=csv").status_code == 404
    assert client.get(f"/attempts/?swarm={foreign.pk}&format=json").status_code == 404
    assert client.get("/attempts/?state=failed&format=csv").status_code == 400
    assert not Entry.objects.filter(kind="list.exported").exists()
    assert read(client.get("/attempts/?format=csv")) == []


def test_a_choice_is_kept_under_a_name_and_the_list_opens_with_it(signed_in: SignedIn) -> None:
    swarm = make_swarm()
    make_history(swarm)
    client = signed_in("operator", swarm)

    asked = client.get(f"/attempts/?swarm={swarm.pk}&state=waiting").text
    assert "/views/new/?list=attempt_list&amp;query=state%3Dwaiting%26swarm%3D" in asked
    data = {
        "list": "attempt_list",
        "query": f"state=waiting&swarm={swarm.pk}&after=9",
        "name": "Waiting",
        "is_default": "on",
    }
    address = client.post("/views/new/", data)["Location"]

    assert SavedView.objects.get().list_name == "attempt_list"
    assert client.get("/attempts/")["Location"] == address == f"/attempts/?state=waiting&swarm={swarm.pk}"
    assert 'aria-current="page" title="state=waiting' in client.get(address).text
    assert rows_behind(client, "/attempts/?all=1") == 2
