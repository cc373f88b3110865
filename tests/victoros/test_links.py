"""Every link of every page leads somewhere, for somebody who may do all and for somebody who may only look."""

import re
from collections import Counter
from html import unescape

import pytest
from django.test import Client

from tests.agents.factories import make_user
from tests.browser.world import make_world

pytestmark = [pytest.mark.django_db, pytest.mark.timeout(300)]

PAGES = 600
"""More than the little world has; a crawl that reaches it has lost its way."""
ALIKE, CHOICES = 3, 15
"""So many addresses that differ in nothing but what they choose are opened, and so many choices of one page: filters multiply each
other without end."""


def crawl(client: Client, begin: str) -> dict[str, int]:
    """Follow the links of the site except the admin's; returns the status of each address."""
    found: dict[str, int] = {}
    alike: Counter[str] = Counter()
    waiting = [begin]
    while waiting and len(found) < PAGES:
        address = waiting.pop(0)
        page, _, choice = address.partition("?")
        shape = re.sub(r"=[^&]*", "", address)
        if address in found or (choice and (alike[shape] >= ALIKE or alike[page] >= CHOICES)):
            continue
        alike.update({shape, page} if choice else {shape})
        answer = client.get(address)
        found[address] = answer.status_code
        if answer.status_code == 200 and "text/html" in answer["Content-Type"]:
            assert not re.search(r"\sstyle=\"|<style|\son[a-z]+=\"", answer.text), (
                f"inline style or script in {address}"
            )
            waiting += [link for link in links_of(answer.text, address) if link not in found]
    return found


def links_of(page: str, address: str) -> list[str]:
    """Return the addresses on this site that a page links to."""
    here = address.partition("?")[0]
    links = [unescape(link) for link in re.findall(r'(?:href|hx-get)="([^"#]+)', page)]
    links = [here + link if link.startswith("?") else link for link in links]
    return [link for link in links if link.startswith("/") and not link.startswith(("/admin/", "/static/", "/assets/"))]


def test_no_link_is_dead_for_somebody_who_may_do_all(client: Client) -> None:
    make_world()
    client.force_login(make_user(superuser=True))
    found = crawl(client, "/")
    assert {address: status for address, status in found.items() if status != 200} == {}
    assert 20 < len(found) < PAGES


def test_no_link_is_dead_for_somebody_who_may_only_look(client: Client) -> None:
    swarm = make_world()
    client.force_login(make_user("viewer", swarm))
    found = crawl(client, "/")
    assert {address: status for address, status in found.items() if status != 200} == {}
    assert len(found) > 15
