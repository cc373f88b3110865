"""A page begins with what its sections are when they are asked for anew: for whoever looks, on every address."""

import re
from collections.abc import Iterator

import pytest
from django.test import Client
from django.test.html import Element, parse_html
from pytest_django import Settings

from tests.browser.crawl import list_pages
from tests.browser.world import make_readers, make_world

pytestmark = pytest.mark.django_db

MOVES = re.compile(
    r' data-version="[\d ]*"| value="\w{64}"| datetime="[^"]*"| title="\d{4}-[^"]*"|\d+ (?:ms|s|min)\b|\d\d:\d\d:\d\d(?:\.\d+)?'
    r'|(?<= x=")[\d.]+%?(?=")|(?<= width=")[\d.]+%?(?=")'
)
"""What differs from one moment to the next: versions, tokens of forms, moments and ages, places on an axis that ends now."""


def test_sections_are_what_the_page_began_with(client: Client, settings: Settings) -> None:
    settings.VICTOR_LEASE_S = 600.0  # no cell falls silent between a page and its section
    for user in make_readers(make_world()).values():
        pages = list_pages(user)
        client.force_login(user)
        differing = {address: said for address in pages if (said := list(differences(client, address)))}
        assert differing == {}


def differences(client: Client, address: str) -> Iterator[str]:
    """Yield the sections of a page that are asked for anew otherwise than they stand in it, and from where on."""
    for section in sections_of(parse_html(client.get(address).text)):
        facts = dict(section.attributes)
        answer = client.get(str(facts["hx-get"]), headers={"HX-Request": "true", "X-Live": "1"})
        had, has = plain(section), plain(parse_html(answer.text))
        if had != has:
            at = next((n for n, (a, b) in enumerate(zip(had, has, strict=False)) if a != b), min(len(had), len(has)))
            yield f"{facts.get('id')}: {had[max(at - 60, 0) : at + 60]!r} became {has[max(at - 60, 0) : at + 60]!r}"


def sections_of(element: Element) -> Iterator[Element]:
    """Yield the live sections of a page in its order."""
    for child in element.children:
        if isinstance(child, Element):
            if "data-live" in dict(child.attributes):
                yield child
            yield from sections_of(child)


def plain(element: Element) -> str:
    """Return a section without what moves by itself, and without what the page keeps whatever its section says (a run)."""
    drop_kept(element)
    return MOVES.sub("#", " ".join(str(element).split()))


def drop_kept(element: Element) -> None:
    """Empty the parts that a page keeps."""
    for child in element.children:
        if isinstance(child, Element):
            drop_kept(child)
    if "data-keep" in dict(element.attributes):
        element.children.clear()
