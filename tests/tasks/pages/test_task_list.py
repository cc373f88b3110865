"""The list of tasks and the board: what is shown to whom, page by page, as page and as section."""

from datetime import UTC, datetime

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.agents.factories import make_agent, make_swarm
from tests.tasks.pages.conftest import SignedIn
from tests.tasks.pages.rows import make_task, make_tasks

pytestmark = pytest.mark.django_db


def read(client: Client, url: str, **headers: str) -> str:
    response = client.get(url, headers=headers)
    assert response.status_code == 200, response.content
    return response.content.decode()


def test_a_page_shows_fifty_and_how_many_there_are(signed_in: SignedIn) -> None:
    make_tasks(make_swarm(), 1234)
    page = read(signed_in(), "/tasks/")

    assert "50 of 1,234" in page
    assert 'rel="next"' in page


def test_the_next_page_goes_on_where_the_first_ended(signed_in: SignedIn) -> None:
    made = make_tasks(make_swarm(), 60)
    page = read(signed_in(), f"/tasks/?after={made[10].pk}")

    assert "10 of 60" in page
    assert f'href="/tasks/{made[9].pk}/"' in page
    assert f'href="/tasks/{made[10].pk}/"' not in page


def test_an_empty_list_offers_the_next_step(signed_in: SignedIn) -> None:
    page = read(signed_in(), "/tasks/")

    assert "There are no tasks yet" in page
    assert 'href="/tasks/new/"' in page


def test_a_choice_without_tasks_says_so(signed_in: SignedIn) -> None:
    make_task(status="ready")

    assert "No task fits this choice" in read(signed_in(), "/tasks/?state=failed")


def test_every_state_is_a_link_with_its_count(signed_in: SignedIn) -> None:
    swarm = make_swarm()
    make_tasks(swarm, 3, status="failed")
    page = read(signed_in(), f"/tasks/?swarm={swarm.pk}")

    assert f'href="/tasks/?swarm={swarm.pk}&amp;state=failed"' in page


@time_machine.travel(datetime(2026, 3, 1, 12, 0, 1, tzinfo=UTC), tick=False)  # ages make it new every few seconds
def test_htmx_gets_the_section_alone_and_nothing_when_nothing_moved(signed_in: SignedIn) -> None:
    task, client = make_task(), signed_in()
    response = client.get(f"/tasks/?swarm={task.swarm_id}", headers={"HX-Request": "true"})
    again = client.get(
        f"/tasks/?swarm={task.swarm_id}", headers={"HX-Request": "true", "If-None-Match": response.headers["ETag"]}
    )

    assert response.content.decode().lstrip().startswith('<section id="tasks"')
    assert f'data-live="swarm:{task.swarm_id}"' in response.content.decode()
    assert again.status_code == 304


def test_the_board_has_a_column_for_every_state(signed_in: SignedIn) -> None:
    task = make_task(status="blocked", reason="It waits for other tasks.")
    page = read(signed_in(), "/tasks/?view=board")

    for label in ("backlog", "ready", "in progress", "blocked", "completed", "verified", "ended badly"):
        assert label in page
    assert f'data-key="card-{task.pk}"' in page


def test_pages_of_swarms_hold_the_newest_tasks_with_a_way_to_all(signed_in: SignedIn) -> None:
    swarm = make_swarm()
    make_tasks(swarm, 30)
    page = read(signed_in(), f"/tasks/?swarm={swarm.pk}&view=brief", **{"HX-Request": "true"})

    assert page.count("data-row") == 20
    assert f'href="/tasks/?swarm={swarm.pk}"' in page


def test_what_somebody_typed_is_never_taken_for_html(signed_in: SignedIn) -> None:
    make_task(title="<script>alert(1)</script>", status="blocked", reason="<b>why</b>")

    for view in ("list", "board"):
        page = read(signed_in(), f"/tasks/?view={view}")
        assert "<script>alert" not in page
        assert "<b>why" not in page


@pytest.mark.parametrize(
    ("query", "said"), [("swarm=many", "swarm must be a number"), ("status=many", "There is no status")]
)
def test_nonsense_in_the_address_is_refused_with_a_reason(signed_in: SignedIn, query: str, said: str) -> None:
    response = signed_in().get(f"/tasks/?{query}")

    assert response.status_code == 400
    assert said in response.content.decode()


@pytest.mark.parametrize("noun", ["swarm", "agent"])
def test_a_stranger_cannot_choose_what_a_viewer_can(signed_in: SignedIn, noun: str) -> None:
    agent = make_agent()
    task = make_task(agent=agent)
    url = f"/tasks/?{noun}={agent.swarm_id if noun == 'swarm' else agent.pk}"

    assert task.title in read(signed_in("viewer", agent.swarm), url)
    assert signed_in("stranger").get(url).status_code == 404
    assert task.title not in read(signed_in("stranger"), "/tasks/")


def test_nobody_sees_tasks_without_signing_in(client: Client) -> None:
    assert client.get("/tasks/").status_code == 302


@pytest.mark.parametrize("view", ["list", "board"])
@pytest.mark.parametrize("role", ["superuser", "viewer"])
def test_a_thousand_rows_cost_as_many_queries_as_ten(signed_in: SignedIn, view: str, role: str) -> None:
    agent = make_agent()
    client = signed_in(role, agent.swarm)

    def count() -> int:
        with CaptureQueriesContext(connection) as queries:
            read(client, f"/tasks/?view={view}")
        return len(queries)

    make_tasks(agent.swarm, 10, agent=agent)
    read(client, "/tasks/")
    few = count()
    make_tasks(agent.swarm, 990, agent=agent)

    assert count() == few
