"""The list of tasks and the board: what is shown to whom, page by page, as page and as section."""

from datetime import UTC, datetime

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tasks.models import Dependency, TaskCost
from tests.agents.factories import make_agent, make_swarm
from tests.tasks.pages.conftest import SignedIn
from tests.tasks.pages.rows import make_task, make_tasks

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("place", ["0001-01-01T00:00:00%2B14:00~1", "9999-12-31T23:59:59-14:00~1", "yesterday~1", "1"])
def test_a_place_that_cannot_be_is_refused(signed_in: SignedIn, place: str) -> None:
    assert signed_in().get(f"/tasks/?sort=updated&after={place}").status_code == 400


def test_a_list_by_cost_says_why_it_is_empty(signed_in: SignedIn) -> None:
    make_task()
    page = read(signed_in(), "/tasks/?sort=-cost")
    assert "No task has cost anything yet" in page
    assert "There are no tasks yet" not in page


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
    assert f'data-live="swarm:{task.swarm_id} rights"' in response.content.decode()
    assert again.status_code == 304


def test_the_board_has_a_column_for_every_state(signed_in: SignedIn) -> None:
    task = make_task(status="blocked", reason="It waits for other tasks.")
    page = read(signed_in(), "/tasks/?view=board")

    for label in ("backlog", "ready", "in progress", "blocked", "completed", "verified", "ended badly"):
        assert label in page
    assert f'data-key="card-{task.pk}"' in page


def test_the_board_names_its_columns_in_the_readers_language(signed_in: SignedIn) -> None:
    make_task(status="backlog")
    page = read(signed_in(), "/tasks/?view=board&state=in_progress", **{"Accept-Language": "de"})

    for label in ("Vorrat", "bereit", "in Arbeit", "blockiert", "erledigt", "bestätigt"):
        assert f"{label}</" in page
    assert "in progress" not in page


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


def test_what_narrows_the_list_can_be_taken_away_piece_by_piece(signed_in: SignedIn) -> None:
    agent = make_agent()
    page = read(signed_in(), f"/tasks/?swarm={agent.swarm_id}&agent={agent.pk}&state=failed&search=a+b")

    for query in (
        f"agent={agent.pk}&amp;state=failed&amp;search=a+b",
        f"swarm={agent.swarm_id}&amp;state=failed&amp;search=a+b",
        f"swarm={agent.swarm_id}&amp;agent={agent.pk}&amp;search=a+b",
        f"swarm={agent.swarm_id}&amp;agent={agent.pk}&amp;state=failed",
    ):
        assert f'class="badge chip" href="/tasks/?{query}"' in page
    assert "chip" not in read(signed_in(), "/tasks/")


def test_the_heads_of_the_table_sort_it_and_turn_it_round(signed_in: SignedIn) -> None:
    swarm = make_swarm()
    make_tasks(swarm, 3)
    client = signed_in()
    page = read(client, f"/tasks/?swarm={swarm.pk}&priority=normal")
    assert f'href="/tasks/?swarm={swarm.pk}&amp;priority=normal&amp;sort=updated"' in page
    page = read(client, f"/tasks/?swarm={swarm.pk}&sort=updated")
    assert 'aria-sort="descending"' in page
    assert f'href="/tasks/?swarm={swarm.pk}&amp;sort=-updated"' in page
    assert "last changed first" in page


def test_the_order_stays_on_the_way_to_the_board_and_back(signed_in: SignedIn) -> None:
    swarm = make_swarm()
    cards = [make_task(swarm, title=title).pk for title in ("Beta", "alpha", "Gamma")]
    make_task(swarm, title="Aside", status="blocked")
    client = signed_in()
    address = f"/tasks/?swarm={swarm.pk}&sort=title"

    listed = read(client, address)
    board = read(client, f"{address}&view=board")

    assert f'href="?swarm={swarm.pk}&amp;sort=title&amp;view=board"' in listed
    assert f'href="?swarm={swarm.pk}&amp;sort=title"' in board
    assert '<option value="title" selected>' in board
    assert f'href="/tasks/?swarm={swarm.pk}&amp;view=board"' in board, "the chip that takes the order away"
    places = [board.index(f'data-key="card-{cards[n]}"') for n in (1, 0, 2)]
    assert places == sorted(places)


def test_a_board_sorted_by_cost_says_whom_it_leaves_out(signed_in: SignedIn) -> None:
    cheap, dear, free = (make_task(title=title) for title in ("cheap", "dear", "free"))
    TaskCost.objects.create(task=cheap, cost_nanos=1)
    TaskCost.objects.create(task=dear, cost_nanos=2)
    page = read(signed_in(), "/tasks/?view=board&sort=cost")

    assert page.index(f'data-key="card-{dear.pk}"') < page.index(f'data-key="card-{cheap.pk}"')
    assert f'data-key="card-{free.pk}"' not in page
    assert "the board shows only tasks that cost anything" in page


def test_pages_lead_forwards_and_backwards(signed_in: SignedIn) -> None:
    made = make_tasks(make_swarm(), 120)
    client = signed_in()
    page = read(client, f"/tasks/?sort=title&after={made[49].title.lower()}~{made[49].pk}")
    assert 'rel="prev"' in page
    assert 'rel="next"' in page
    assert "before=task" in page
    page = read(client, f"/tasks/?before={made[-50].pk}")
    assert 'rel="prev"' not in page
    assert f'href="/tasks/{made[-1].pk}/"' in page


def test_a_blocked_task_names_what_it_waits_for(signed_in: SignedIn) -> None:
    swarm = make_swarm()
    first = make_task(swarm, title="Read <all>")
    Dependency.objects.create(task=make_task(swarm, status="blocked", open_dependencies=1), on=first)
    page = read(signed_in(), "/tasks/?state=blocked")
    assert "waits for <svg" in page
    assert f'<a href="/tasks/{first.pk}/">Read &lt;all&gt;</a>' in page


def test_rows_stand_closer_where_somebody_asked_for_it(signed_in: SignedIn) -> None:
    client = signed_in()
    assert 'data-density="comfortable"' in read(client, "/tasks/")
    answer = client.post("/account/density/", {"density": "compact", "next": "/tasks/?sort=age"})
    assert answer.headers["Location"] == "/tasks/?sort=age"
    assert 'data-density="compact"' in read(client, "/agents/")
    assert client.post("/account/density/", {"density": "tiny"}).status_code == 400
    client.post("/account/density/", {"density": "comfortable"})
    assert 'data-density="comfortable"' in read(client, "/tasks/")


def test_a_list_sorted_by_cost_says_whom_it_leaves_out(signed_in: SignedIn) -> None:
    dear, free = make_task(title="dear"), make_task(title="free")
    TaskCost.objects.create(task=dear, cost_nanos=12_100_000)
    page = read(signed_in(), "/tasks/?sort=cost")
    assert "$0.0121" in page
    assert "of those that cost anything" in page
    assert f'href="/tasks/{free.pk}/"' not in page


@pytest.mark.parametrize("query", ["kind=check", "sort=priority", "sort=cost", "needs=read", "age=day&priority=high"])
def test_any_choice_costs_as_many_queries_for_a_thousand_rows_as_for_ten(signed_in: SignedIn, query: str) -> None:
    agent = make_agent()
    client = signed_in("viewer", agent.swarm)
    counts = []
    for number in (10, 990):
        rows = make_tasks(agent.swarm, number, kind="check", needs=["read"], priority=1, status="blocked")
        TaskCost.objects.bulk_create(TaskCost(task=row, cost_nanos=5) for row in rows)
        with CaptureQueriesContext(connection) as queries:
            assert "data-row" in read(client, f"/tasks/?{query}")
        counts.append(len(queries))
    assert counts[0] == counts[1]


@pytest.mark.parametrize("mark", ["", "%23"])
def test_a_search_finds_the_task_of_a_number_as_pages_write_it(signed_in: SignedIn, mark: str) -> None:
    wanted, other = make_task(title="Read it"), make_task(title="Sum it up")
    page = read(signed_in(), f"/tasks/?search={mark}{wanted.pk}")

    assert f'data-key="task-{wanted.pk}"' in page
    assert f'data-key="task-{other.pk}"' not in page


def test_a_card_says_apart_who_how_urgent_and_since_when(signed_in: SignedIn) -> None:
    agent = make_agent(name="Reader")
    make_task(agent.swarm, agent=agent, priority=50)
    page = read(signed_in(), "/tasks/?view=board")

    assert "<span>Reader · priority 50 · <time" in page
