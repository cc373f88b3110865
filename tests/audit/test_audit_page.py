"""The page of the record: true, filtered by its address, the same cost at any size, cut to the reader's rights."""

import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from agents.models import Swarm
from audit.actors import SYSTEM, Actor
from audit.events import Fact, Kind, record
from audit.models import Entry
from tests.agents.factories import make_swarm, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def reader(client: Client) -> Client:
    """A superuser's browser."""
    client.force_login(make_user(superuser=True))
    return client


def write(kind: Kind = Kind.TASK_COMPLETED, name: str = "Digest", actor: Actor = SYSTEM, **fields: object) -> None:
    """Write one entry."""
    record(Fact(kind, actor, "task", 7, name, **fields))  # type: ignore[arg-type]


def test_an_entry_says_who_did_what_to_what(reader: Client) -> None:
    write(name="<Digest>", actor=Actor("person", 1, "kim"), detail={"steps": 9})
    page = reader.get("/audit/").text
    assert "&lt;Digest&gt;" in page
    assert "kim" in page
    assert "steps: 9" in page
    assert 'href="/tasks/7/"' in page


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("kind=task.failed", {"bad"}),
        ("kind=task.", {"good", "bad"}),
        ("actor=KIM", {"bad"}),
        ("q=goo", {"good"}),
        ("object=task&id=7", {"good", "bad"}),
        ("object=swarm", {"herd"}),
        ("q=nothing", set()),
    ],
)
def test_filters_stand_in_the_address(reader: Client, query: str, found: set[str]) -> None:
    Entry.objects.all().delete()
    write(name="good")
    write(Kind.TASK_FAILED, "bad", Actor("person", 1, "kim"))
    record(Fact(Kind.SWARM_PAUSED, SYSTEM, "swarm", 1, "herd"))
    page = reader.get(f"/audit/?{query}").text
    assert {name for name in ("good", "bad", "herd") if f">{name}<" in page} == found


def test_pages_follow_each_other_without_gap_or_repeat(reader: Client) -> None:
    Entry.objects.all().delete()
    record(Fact(Kind.TASK_CREATED, SYSTEM, "task", n, f"task number {n}.") for n in range(120))
    seen: list[int] = []
    address = "/audit/"
    while address:
        page = reader.get(address).text
        seen += [n for n in range(120) if f">task number {n}.<" in page]
        after = page.partition('rel="next" href="?after=')[2].partition('"')[0]
        address = f"/audit/?after={after}" if after else ""
    assert sorted(seen) == list(range(120))
    assert len(seen) == 120


def test_the_record_costs_the_same_queries_at_10_and_at_1000_rows(reader: Client) -> None:
    counts = []
    for number in (10, 1000):
        record(Fact(Kind.TASK_CREATED, SYSTEM, "task", n, "x") for n in range(number))
        with CaptureQueriesContext(connection) as queries:
            page = reader.get("/audit/").text
        counts.append(len(queries))
    assert counts[0] == counts[1]
    assert "50 of 1,000+" in page


def test_somebody_sees_entries_of_his_swarms_only(client: Client) -> None:
    mine, foreign = make_swarm("mine"), make_swarm("foreign")
    write(name="my task", swarm_ref=mine.pk)
    write(name="secret task", swarm_ref=foreign.pk)
    write(name="secret of the site")
    client.force_login(make_user("viewer", mine))
    page = client.get("/audit/").text
    assert "my task" in page
    assert "secret" not in page


@pytest.mark.parametrize("query", ["after=x", "id=1.5", "swarm=-1", "after=99999999999999999999"])
def test_a_number_that_is_none_is_refused_by_name(reader: Client, query: str) -> None:
    answer = reader.get(f"/audit/?{query}")
    assert answer.status_code == 400
    assert f"{query.partition('=')[0]} must be a whole number" in answer.text


def test_an_empty_record_says_why(reader: Client) -> None:
    Entry.objects.all().delete()
    assert "Nothing has happened yet" in reader.get("/audit/").text
    assert "Nothing fits these filters" in reader.get("/audit/?q=x").text


def test_a_swarm_is_chosen_from_the_readers_own(client: Client) -> None:
    swarm, other = make_swarm("Night desk"), make_swarm("Elsewhere")
    client.force_login(make_user("viewer", swarm))
    text = client.get(f"/audit/?swarm={swarm.pk}").text
    assert f'<option value="{swarm.pk}" selected>Night desk</option>' in text
    assert "Elsewhere" not in client.get(f"/audit/?swarm={other.pk}").text


def test_a_swarm_beyond_the_menu_stays_chosen(reader: Client) -> None:
    swarm = make_swarm("zebra")
    Swarm.objects.bulk_create(Swarm(workspace=swarm.workspace, name=f"a{n:03}") for n in range(210))
    for path in ("/audit/", "/agents/", "/tasks/", "/mail/", "/costs/"):
        text = reader.get(f"{path}?swarm={swarm.pk}").text
        assert f'<option value="{swarm.pk}" selected>zebra</option>' in text, path
        assert len(re.findall(r">a\d{3}</option>", text)) == 200
