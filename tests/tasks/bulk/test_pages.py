"""Acts on many rows in the browser: from a list to the preview, the result and back."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from agents.models import Swarm
from tasks.bulk.drafts import draft_bulk
from tasks.models import Task
from tests.agents.factories import make_user
from tests.tasks.bulk.acting import states
from tests.tasks.pages.rows import make_task, make_tasks

pytestmark = pytest.mark.django_db


def test_from_the_list_to_the_result_and_back(client: Client, user: Any, swarm: Swarm) -> None:
    client.force_login(user)
    tasks = make_tasks(swarm, 2)
    page = client.get("/tasks/").text
    assert f'value="{tasks[0].pk}" form="bulk"' in page
    data = {"noun": "task", "act": "pause", "pick": [task.pk for task in tasks]}
    address = client.post("/bulk/", data)["Location"]
    assert "<b>2</b> will change" in client.get(address).text
    client.post(f"{address}begin/")
    page = client.get(address).text
    assert "<b>2</b> of 2 changed" in page
    assert "Undo" in page
    back = client.post(f"{address}undo/")["Location"]
    assert "What it undid" in client.get(back).text
    assert states(tasks) == ["ready", "ready"]
    assert client.get("/bulk/").status_code == 200


def test_what_is_asked_for_is_asked_for_again(client: Client, user: Any, swarm: Swarm) -> None:
    client.force_login(user)
    data = {"noun": "task", "act": "priority", "pick": [make_task(swarm).pk]}
    address = client.post("/bulk/", data)["Location"]
    assert client.post(f"{address}begin/", {"priority": "1000"}).status_code == 422
    client.post(f"{address}begin/", {"priority": "50"})
    assert Task.objects.get().priority == 50


@pytest.mark.parametrize(
    "data",
    [
        {"noun": "task", "act": "pause"},
        {"noun": "task", "act": "explode", "pick": "1"},
        {"noun": "house", "act": "pause", "pick": "1"},
        {"noun": "task", "act": "pause", "pick": "1x"},
        {"noun": "task", "act": "pause", "all": "1", "query": "state=nonsense"},
    ],
)
def test_nonsense_is_refused(client: Client, user: Any, data: dict[str, str]) -> None:
    client.force_login(user)
    assert client.post("/bulk/", data).status_code == 400


def test_a_viewer_is_offered_no_acts(client: Client, swarm: Swarm) -> None:
    make_task(swarm)
    client.force_login(make_user("viewer", swarm))
    assert 'id="bulk"' not in client.get("/tasks/").text


def test_looking_at_a_draft_costs_the_same_queries_for_10_rows_and_for_1000(
    client: Client, user: Any, swarm: Swarm
) -> None:
    client.force_login(user)
    counts = []
    for number in (10, 1000):
        bulk = draft_bulk(user=user, noun="task", act="pause", refs=[task.pk for task in make_tasks(swarm, number)])
        with CaptureQueriesContext(connection) as queries:
            assert client.get(f"/bulk/{bulk.pk}/").status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[1]
