"""What every page carries: headers, one style sheet and one script by their hash, the tally, the places."""

import gzip
import re
import struct

import pytest
from django.test import Client

from agents.permissions import grant
from audit.actors import SYSTEM
from audit.attention import raise_item
from tests.agents.factories import make_swarm, make_user
from tests.browser.crawl import list_pages
from tests.browser.world import make_readers, make_world
from victoros.dashboard.assets import asset_url, load_bundle
from victoros.dashboard.board import read_board
from victoros.settings import BASE_DIR

pytestmark = pytest.mark.django_db


@pytest.fixture
def page(client: Client) -> str:
    """The board of a superuser."""
    client.force_login(make_user(superuser=True))
    return client.get("/").text


def test_every_page_sends_a_strict_policy(client: Client) -> None:
    policy = client.get("/sign-in/")["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "unsafe" not in policy


def test_pages_hold_no_inline_script_or_style(page: str) -> None:
    assert not re.search(r"<script(?![^>]*\bsrc=)", page)
    assert not re.search(r"<style|\sstyle=|\son[a-z]+=\"", page)


def test_a_page_takes_one_style_sheet_and_one_script(page: str) -> None:
    assert re.findall(r'<link rel="stylesheet" href="([^"]+)"', page) == [asset_url("victor.css")]
    assert re.findall(r'<script src="([^"]+)"', page) == [asset_url("victor.js")]


def test_an_asset_under_its_hash_may_be_kept_for_ever(client: Client) -> None:
    answer = client.get(asset_url("victor.css"), headers={"Accept-Encoding": "gzip"})
    assert "immutable" in answer["Cache-Control"]
    assert answer["Content-Encoding"] == "gzip"
    assert len(answer.content) < 15_000


def test_an_asset_under_an_old_hash_is_served_but_not_kept(client: Client) -> None:
    answer = client.get("/assets/000000000000/victor.js")
    assert answer.status_code == 200
    assert answer["Cache-Control"] == "no-cache"
    assert answer.content == load_bundle("victor.js").plain


def test_there_is_no_other_asset(client: Client) -> None:
    assert client.get("/assets/000000000000/settings.py").status_code == 404


def test_the_tally_counts_what_the_reader_may_settle(client: Client) -> None:
    mine, seen, foreign = make_swarm(), make_swarm(), make_swarm()
    for swarm in (mine, seen, foreign):
        raise_item(
            actor=SYSTEM, kind="failed", title="It failed", object_kind="swarm", object_ref=swarm.pk, swarm_ref=swarm.pk
        )
    user = make_user("operator", mine)
    grant(user, "viewer", seen)
    client.force_login(user)
    assert re.search(r'id="needs-me-tally"[^>]*>1<', client.get("/live/tally/").text)
    assert len(re.findall('id="item-', client.get("/needs-me/").text)) == 2


def test_every_page_begins_with_the_tally_that_is_asked_for_afterwards(client: Client) -> None:
    readers = make_readers(make_world())
    for name, count in (("viewer", ""), ("both", "1"), ("superuser", "4")):
        user = readers[name]
        pages = list_pages(user)
        client.force_login(user)
        asked = tally_of(client.get("/live/tally/").text)
        shown = {address: tally_of(client.get(address).text) for address in pages}
        assert {address: said for address, said in shown.items() if said not in (asked, None)} == {}
        assert (asked, sum(said is not None for said in shown.values()) > 25) == (count, True)


def tally_of(page: str) -> str | None:
    """Return what the side bar says waits for the reader; None where there is no side bar."""
    found = re.search(r'id="needs-me-tally"[^>]*>(\d*)<', page)
    return found and found[1]


def test_nobody_who_may_only_look_is_called_to_answer(client: Client) -> None:
    swarm = make_swarm()
    raise_item(
        actor=SYSTEM, kind="failed", title="It failed", object_kind="swarm", object_ref=swarm.pk, swarm_ref=swarm.pk
    )
    answers = ("<kbd>a</kbd>", "<kbd>r</kbd>", "<kbd>e</kbd>", "<kbd>x</kbd>", 'data-key-press="a"')
    for role, is_called in (("viewer", False), ("operator", True)):
        client.force_login(make_user(role, swarm))
        board, needs, keys = (client.get(address).text for address in ("/", "/needs-me/", "/keys/"))
        for page in (board, needs):
            assert bool(re.search(r'data-tally="needs-me-tally">1<', page)) == is_called
            assert bool(re.search(r'id="needs-me-tally"[^>]*>1<', page)) == is_called
            assert ("<h2>Waits for others</h2>" in page) != is_called
            assert "It failed" in page
        assert ('<span class="label">Waits for others</span><span class="n">1</span>' in board) != is_called
        assert [key in needs for key in answers] == [is_called] * len(answers)
        assert ("approve, answer or take note" in keys) == is_called
        assert "next row" in keys
        swarm_page = client.get(f"/swarms/{swarm.pk}/").text
        assert ("answer them" in swarm_page) == is_called


def test_the_queue_says_how_much_of_it_is_the_readers(client: Client) -> None:
    mine, seen = make_swarm(), make_swarm()
    for swarm in (mine, seen):
        raise_item(
            actor=SYSTEM, kind="failed", title="It failed", object_kind="swarm", object_ref=swarm.pk, swarm_ref=swarm.pk
        )
    user = make_user("operator", mine)
    grant(user, "viewer", seen)
    client.force_login(user)
    assert "most pressing first, 1 for you" in client.get("/needs-me/").text
    assert read_board(user).figures.open_items == len(read_board(user).needs) == 1
    client.force_login(make_user("operator", mine))
    assert "for you" not in client.get("/needs-me/").text


def test_the_current_place_is_marked(client: Client) -> None:
    client.force_login(make_user())
    text = client.get("/needs-me/").text
    assert re.search(r'href="/needs-me/" aria-current="page"', text)
    assert not re.search(r'href="/" aria-current="page"', text)


def test_a_reader_who_is_no_superuser_is_not_offered_the_admin(client: Client) -> None:
    client.force_login(make_user())
    assert "/admin/" not in client.get("/needs-me/").text


def test_a_page_is_sent_compressed_to_who_can_read_it(client: Client) -> None:
    client.force_login(make_user(superuser=True))
    plain = client.get("/", headers={"accept-encoding": "identity"})
    packed = client.get("/", headers={"accept-encoding": "gzip"})
    assert "Content-Encoding" not in plain
    assert packed["Content-Encoding"] == "gzip"
    assert len(packed.content) < len(plain.content) / 3
    assert gzip.decompress(packed.content).decode()[:15] == plain.text[:15]


def test_the_manifest_names_pictures_that_are_there_in_the_size_it_says(client: Client) -> None:
    pictures = client.get("/manifest.webmanifest").json()["screenshots"]
    assert [picture["form_factor"] for picture in pictures] == ["wide", "narrow"]
    for picture in pictures:
        head = (BASE_DIR / picture["src"].lstrip("/")).read_bytes()[:24]
        assert picture["sizes"] == "{}x{}".format(*struct.unpack(">2I", head[16:]))
