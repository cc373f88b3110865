"""Lists as files: the same filters and rights as the page, no formulas, flat memory, an entry for each."""

import csv
import json
import tracemalloc
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.db import connection
from django.test import AsyncClient, Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from agents.models import Agent, Swarm
from audit.actors import SYSTEM
from audit.attention import raise_item
from audit.events import Fact, Kind, record
from audit.models import Entry
from tasks.models import Attempt, Spend
from tests.agents.factories import make_agent, make_message, make_swarm, make_user
from tests.tasks.pages.rows import make_approval, make_attempt, make_task, make_tasks
from tests.tasks.spent import add_spend
from victoros.lib import exporting
from victoros.lib.exporting import guard_cell

pytestmark = pytest.mark.django_db


@pytest.fixture
def swarm() -> Swarm:
    return make_swarm()


@pytest.fixture
def viewer(client: Client, swarm: Swarm) -> Client:
    client.force_login(make_user("viewer", swarm))
    return client


def read(answer: Any) -> list[dict[str, str]]:
    return list(csv.DictReader(StringIO(answer.getvalue().decode("utf-8-sig"))))


def test_a_file_holds_what_the_page_shows_and_no_more(viewer: Client, swarm: Swarm) -> None:
    make_task(swarm, title="Wanted", status="failed")
    make_task(swarm, title="Other state")
    make_task(make_swarm(), title="Other swarm", status="failed")
    rows = read(viewer.get("/tasks/?state=failed&format=csv"))
    assert [(row["title"], row["status"], row["swarm"]) for row in rows] == [("Wanted", "failed", swarm.name)]


@pytest.mark.parametrize("address", ["/tasks/", "/attempts/", "/agents/", "/mail/", "/audit/", "/needs-me/"])
@pytest.mark.parametrize("sort", ["csv", "json"])
def test_each_list_is_a_file_cut_to_its_reader(client: Client, swarm: Swarm, address: str, sort: str) -> None:
    agent = make_agent(swarm)
    approval = make_approval(make_attempt(make_task(swarm), agent))
    raise_item(
        actor=SYSTEM,
        kind="approval",
        title="May I?",
        object_kind="approval",
        object_ref=approval.pk,
        swarm_ref=swarm.pk,
    )
    make_message(agent)
    for role, has_rows in (("viewer", True), ("", False)):
        client.force_login(make_user(role, swarm))
        answer = client.get(f"{address}?format={sort}")
        assert answer.status_code == 200
        assert f'.{sort}"' in answer["Content-Disposition"]
        rows = read(answer) if sort == "csv" else json.loads(answer.getvalue())["rows"]
        assert bool(rows) == has_rows


def test_a_stranger_to_the_site_gets_nothing(client: Client) -> None:
    assert client.get("/tasks/?format=csv").status_code == 302


def test_each_file_leaves_an_entry(viewer: Client, swarm: Swarm) -> None:
    viewer.get(f"/tasks/?state=failed&swarm={swarm.pk}&format=json")
    entry = Entry.objects.get(kind="list.exported")
    assert (entry.object_name, entry.detail["format"]) == ("tasks", "json")
    assert entry.detail["filters"] == f"state=failed&swarm={swarm.pk}"


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", " =1", "\u00a0=cmd"])
def test_what_a_spreadsheet_would_run_is_shown_instead(viewer: Client, swarm: Swarm, text: str) -> None:
    make_task(swarm, title=text)
    assert read(viewer.get("/tasks/?format=csv"))[0]["title"] == f"'{text}"


def test_numbers_and_plain_texts_stay_as_they_are() -> None:
    assert [guard_cell(value) for value in (-5, "a=b", "3-4", None, "")] == [-5, "a=b", "3-4", "", ""]


def test_texts_survive_commas_quotes_lines_and_scripts(viewer: Client, swarm: Swarm) -> None:
    title = 'Äpfel, "rot"\nund 苹果'
    make_task(swarm, title=title)
    assert read(viewer.get("/tasks/?format=csv"))[0]["title"] == title
    assert json.loads(viewer.get("/tasks/?format=json").getvalue())["rows"][0]["title"] == title


def test_a_byte_order_mark_on_request_only(viewer: Client, swarm: Swarm) -> None:
    assert viewer.get("/tasks/?format=csv&bom=1").getvalue().startswith(b"\xef\xbb\xbfid,")
    assert viewer.get("/tasks/?format=csv").getvalue().startswith(b"id,")


def test_a_cut_file_says_so(viewer: Client, swarm: Swarm, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exporting, "MOST", 5)
    make_tasks(swarm, 6)
    answer = viewer.get("/tasks/?format=json")
    assert "-first-5.json" in answer["Content-Disposition"]
    body = json.loads(answer.getvalue())
    assert (body["is_cut"], len(body["rows"])) == (True, 5)
    assert len(read(viewer.get("/tasks/?format=csv"))) == 5


def test_an_unknown_format_is_refused(viewer: Client) -> None:
    assert viewer.get("/tasks/?format=xlsx").status_code == 400


def test_no_rows_are_a_file_too(client: Client) -> None:
    client.force_login(make_user())
    assert json.loads(client.get("/tasks/?format=json").getvalue())["rows"] == []


def test_memory_and_queries_for_a_page_do_not_grow(viewer: Client, swarm: Swarm) -> None:
    peaks = []
    for number in (2_000, 18_000):
        record(Fact(Kind.TASK_CREATED, SYSTEM, "task", n, f"Task {n}", swarm_ref=swarm.pk) for n in range(number))
        answer = viewer.get("/audit/?format=csv")
        tracemalloc.start()
        with CaptureQueriesContext(connection) as queries:
            size = sum(len(part) for part in answer)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        assert size > number * 50
        assert len(queries) <= Entry.objects.count() // exporting.AT_ONCE + 2
    assert peaks[1] < peaks[0] * 1.5


@pytest.mark.django_db(transaction=True)
def test_it_streams_from_the_server_that_serves_pages() -> None:
    swarm = make_swarm()
    make_tasks(swarm, 1_500)
    client = AsyncClient()
    client.force_login(make_user("viewer", swarm))

    async def fetch() -> list[bytes]:
        answer: Any = await client.get("/tasks/?format=json")
        return [part async for part in answer.streaming_content]

    parts = async_to_sync(fetch)()
    assert len(parts) >= 3
    assert len(json.loads(b"".join(parts))["rows"]) == 1_500


def spend(agent: Agent, days_ago: int = 0, llm: str = "small", **fields: Any) -> Spend:
    day = timezone.localdate() - timedelta(days=days_ago)
    given = {"calls": 3, "failed": 1, "tokens_in": 1200, "tokens_out": 34, "cost_nanos": 1_000_000_007, **fields}
    return add_spend(agent, day, llm, **given)


def test_costs_are_a_file_with_the_filters_of_the_page(viewer: Client, swarm: Swarm) -> None:
    agent = make_agent(swarm)
    spend(agent)
    spend(agent, llm="large")
    spend(agent, days_ago=8)
    spend(make_agent())
    rows = read(viewer.get(f"/costs/?days=7&swarm={swarm.pk}&llm=small&format=csv"))
    assert [(row["agent"], row["calls"], row["failed"], row["dollars"]) for row in rows] == [
        (agent.name, "3", "1", "1.000000007")
    ]
    assert len(read(viewer.get("/costs/?days=7&format=csv"))) == 2
    found = json.loads(viewer.get("/costs/?days=30&format=json").getvalue())
    assert len(found["rows"]) == 3
    assert Entry.objects.filter(kind="list.exported", object_name="costs").count() == 3


def test_costs_by_attempt_hold_those_that_cost_anything(viewer: Client, swarm: Swarm) -> None:
    agent = make_agent(swarm)
    dear = make_attempt(make_task(swarm, title="=Dear"), agent, tokens_in=10, cost_nanos=5)
    make_attempt(make_task(swarm), agent)
    make_attempt(make_task(swarm), agent, tokens_in=10, created_at=timezone.now() - timedelta(days=40))
    foreign = make_agent()
    make_attempt(make_task(foreign.swarm), foreign, tokens_in=10)
    rows = read(viewer.get("/costs/?by=attempt&format=csv"))
    assert [(row["task_id"], row["task"], row["dollars"]) for row in rows] == [
        (str(dear.task_id), "'=Dear", "0.000000005")
    ]


def test_files_of_costs_refuse_nonsense_and_foreign_swarms(viewer: Client) -> None:
    foreign = make_swarm()
    for query, status in (("days=3", 400), ("by=moon", 400), (f"swarm={foreign.pk}", 404), ("swarm=x", 400)):
        assert viewer.get(f"/costs/?format=csv&{query}").status_code == status
    assert not Entry.objects.filter(kind="list.exported").exists()


@pytest.mark.parametrize("query", ["", "&by=attempt"])
def test_a_file_of_costs_asks_the_same_for_ten_and_a_thousand_rows(viewer: Client, swarm: Swarm, query: str) -> None:
    counts = []
    for number in (10, 990):
        agents = [make_agent(swarm) for _ in range(2)]
        task = make_task(swarm)
        Spend.objects.bulk_create(
            Spend(day=timezone.localdate(), swarm=swarm, agent=agents[n % 2], llm=f"m{number}-{n}")
            for n in range(number)
        )
        Attempt.objects.bulk_create(
            Attempt(task=task, agent=agents[0], swarm=swarm, n=n + 1, status="failed", tokens_in=1)
            for n in range(number)
        )
        with CaptureQueriesContext(connection) as queries:
            found = read(viewer.get(f"/costs/?format=csv{query}"))
        counts.append(len(queries))
    assert len(found) == 1000
    assert counts[0] == counts[1]
