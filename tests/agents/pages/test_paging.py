"""Lists of agents, swarms, mail and the record: sorted by their heads, paged down and back up, with the same few queries."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from agents.models import Agent, Message, Swarm
from audit.models import Entry
from tests.agents.pages.conftest import Cast

SHOWN = 50


def fill(cast: Cast, number: int) -> None:
    now = timezone.now()
    known = Agent.objects.count()
    Agent.objects.bulk_create(
        Agent(
            swarm=cast.swarm,
            name=f"{'bA'[n % 2]}{known + n:04}",
            done_count=n % 7,
            status_since=now - timedelta(hours=n),
        )
        for n in range(number)
    )
    Message.objects.bulk_create(
        Message(swarm=cast.swarm, recipient=cast.agent, sender_name="x", subject=f"s{n}") for n in range(number)
    )
    Swarm.objects.bulk_create(Swarm(workspace=cast.swarm.workspace, name=f"s{known + n}") for n in range(number))
    Entry.objects.bulk_create(
        Entry(kind="task.ready", actor_kind="system", actor_name="x", swarm_ref=cast.swarm.pk) for _ in range(number)
    )


def link(text: str, rel: str) -> str:
    found = re.search(rf'rel="{rel}" href="([^"]+)"', text)
    return found.group(1).replace("&amp;", "&") if found else ""


def rows_of(text: str) -> list[str]:
    return re.findall(r'data-key="((?:agent|letter|swarm|entry)-\d+)"', text)


@pytest.mark.parametrize(
    "path",
    ["/agents/", "/agents/?sort=name", "/agents/?sort=-done", "/agents/?sort=since", "/mail/", "/swarms/", "/audit/"],
)
def test_pages_lead_down_and_back_up(cast: Cast, path: str) -> None:
    fill(cast, 130)
    base, seen, pages = path.partition("?")[0], [], [cast.viewer.get(path).text]
    while below := link(pages[-1], "next"):
        pages.append(cast.viewer.get(base + below).text)
    seen = [row for page in pages for row in rows_of(page)]
    assert len(seen) == len(set(seen)) >= 130
    assert len(pages) >= 3
    assert not link(pages[0], "prev")
    back = [pages[-1]]
    while above := link(back[-1], "prev"):
        back.append(cast.viewer.get(base + above).text)
    assert len(back) == len(pages)
    assert rows_of(back[-1]) == rows_of(pages[0])


def test_heads_sort_the_agents_and_turn_the_list_round(cast: Cast) -> None:
    fill(cast, 10)
    page = cast.viewer.get("/agents/?sort=name&state=initializing").text
    names = re.findall(r"<b>([bA]\d+)</b>", page)
    assert names == sorted(names, key=str.lower)
    assert 'aria-sort="ascending"' in page
    assert 'href="?sort=-name&amp;state=initializing"' in page
    names = re.findall(r"<b>([bA]\d+)</b>", cast.viewer.get("/agents/?sort=-name").text)
    assert names == sorted(names, key=str.lower, reverse=True)


@pytest.mark.parametrize(
    "query",
    [
        "agents/?sort=moon",
        "agents/?sort=name&after=5",
        "agents/?before=x",
        "mail/?sort=name",
        "audit/?before=x",
        "mail/?after=1~2",
    ],
)
def test_nonsense_is_refused(cast: Cast, query: str) -> None:
    assert cast.viewer.get(f"/{query}").status_code == 400


@pytest.mark.parametrize("path", ["/agents/?sort=done", "/mail/", "/swarms/", "/audit/"])
def test_a_thousand_rows_cost_what_ten_do(cast: Cast, path: str) -> None:
    counts = []
    for number in (10, 990):
        fill(cast, number)
        with CaptureQueriesContext(connection) as queries:
            assert cast.viewer.get(path).status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[1]
