"""What every page and section asks of the database is kept in `query_counts.json`: more of it is a decision, not an accident.

`VICTOR_RENEW_BASELINE=1 .venv/bin/pytest tests/victoros/weight` writes the table anew; commit it with the reason.
"""

import json
import os
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.agents.factories import make_user
from tests.browser.crawl import open_all
from tests.browser.world import make_world
from tests.victoros.weight.growing import grow

pytestmark = [pytest.mark.django_db, pytest.mark.timeout(600)]

KEPT = Path(__file__).with_name("query_counts.json")
RENEW = "VICTOR_RENEW_BASELINE"
SECTIONS = ("/live/tally/", "/live/versions?topic=swarms", "/first-steps/", "/learn/bar/?at=/")
"""Asked for by scripts alone; no page."""

Counts = dict[str, dict[str, int]]
"""By address, each id in it written as N: queries of the page; where it is live, also of its section alone, and of the page for
somebody who may only look at one swarm."""
LIVE = re.compile(rb'<div[^>]* id="page">.*data-live=.*</main>', re.DOTALL)
"""A page of which more than the frame is live."""


def count_all(clients: dict[str, Client], addresses: Iterable[str]) -> Counts:
    """Open every address as everybody and count what it asks."""
    counts: Counts = {}
    for address in addresses:
        page = _count(clients["all"], address)
        counts[address] = {"page": page[0]}
        if LIVE.search(page[1]):
            counts[address]["viewer"] = _count(clients["viewer"], address)[0]
            counts[address]["section"] = _count(clients["all"], address, {"HX-Request": "true"})[0]
    return counts


def _count(client: Client, address: str, headers: dict[str, str] | None = None) -> tuple[int, bytes]:
    with CaptureQueriesContext(connection) as queries:
        answer: Any = client.get(address, headers=headers or {})
    longest = max(queries, key=lambda query: float(query["time"]), default={})
    assert answer.status_code != 503, f"{address} took too long: {longest}"
    return len(queries), answer.content


def _name(counts: Counts) -> Counts:
    return {re.sub(r"(?<=[/=])\d+", "N", address): found for address, found in sorted(counts.items())}


def _say_differences(kept: Counts, found: Counts) -> str:
    lines = [
        f"{address}, {what}: {kept.get(address, {}).get(what, 'not kept')} kept, {found.get(address, {}).get(what, 'gone')} now"
        for address in sorted(kept | found)
        for what in sorted(kept.get(address, {}) | found.get(address, {}))
        if kept.get(address, {}).get(what) != found.get(address, {}).get(what)
    ]
    return "\n".join([*lines, f"If that is meant, renew the table: {RENEW}=1 .venv/bin/pytest {Path(__file__).parent}"])


def _measure_while_empty() -> None:
    """Let PostgreSQL go on believing that there is next to nothing, as it does for a while after a mass of rows; a statement that
    takes long for it fails by itself.

    What other tests took back is removed first: of a table measured while it held nothing but such rows PostgreSQL goes through
    all of them for each row that it joins.
    """
    if connection.vendor == "postgresql":
        outside = connection.copy()
        with outside.cursor() as cursor:
            cursor.execute("VACUUM")
        outside.close()
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
            cursor.execute("SET LOCAL statement_timeout = '30s'")


def test_every_page_asks_what_is_kept_and_no_more_with_1000_rows() -> None:
    _measure_while_empty()
    swarm, operator = make_world(), make_user(superuser=True)
    clients = {"all": Client(), "viewer": Client()}
    clients["all"].force_login(operator)
    clients["viewer"].force_login(make_user("viewer", swarm))
    addresses = [*open_all(operator).pages, *SECTIONS]
    grow(swarm, 10)
    few = count_all(clients, addresses)
    grow(swarm, 990)
    many = count_all(clients, addresses)

    assert many == few, _say_differences(few, many)
    found = _name(few)
    if os.environ.get(RENEW):
        KEPT.write_text(json.dumps(found, indent=1, sort_keys=True) + "\n")
    kept = json.loads(KEPT.read_text())
    assert found == kept, _say_differences(kept, found)
