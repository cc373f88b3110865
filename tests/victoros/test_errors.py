"""What failures look like: a page that says what happened, what to do, and an id; never a raw error."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.sessions.backends.db import SessionStore
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import path

from tests.agents.factories import make_user
from tests.running import wait_until
from victoros import urls
from victoros.lib import database, disk
from victoros.lib.errors import Conflict
from victoros.lib.outages import Outage

pytestmark = pytest.mark.django_db


def lose_database(request: HttpRequest) -> HttpResponse:
    """Fail as a locked database does."""
    raise OperationalError("database is locked")


def break_rule(request: HttpRequest) -> HttpResponse:
    """Fail as a service does."""
    raise Conflict("It is <stopped> already.", hint="Start it first.")


def make_mistake(request: HttpRequest) -> HttpResponse:
    """Fail as a bug does."""
    raise ZeroDivisionError("a secret")


def fill_disk(request: HttpRequest) -> HttpResponse:
    """Fail as a database does that has no room."""
    raise OperationalError("database or disk is full")


urlpatterns = [
    *urls.urlpatterns,
    path("t/database/", lose_database),
    path("t/full/", fill_disk),
    path("t/rule/", break_rule),
    path("t/mistake/", make_mistake),
]
handler404, handler500 = urls.handler404, urls.handler500


@pytest.fixture
def browser(settings: Any) -> Client:
    """A signed-in browser on a site with pages that fail."""
    settings.ROOT_URLCONF = __name__
    client = Client(raise_request_exception=False)
    client.force_login(make_user(superuser=True))
    return client


@pytest.fixture
def looks() -> list[bool]:
    """What the looks for the database bring; an empty list: it stays away."""
    return []


@pytest.fixture
def outage(monkeypatch: pytest.MonkeyPatch, looks: list[bool]) -> Iterator[Outage]:
    """The database's outage, with looks that the test decides."""
    mine = Outage("The database", lambda: bool(looks and looks.pop()))
    monkeypatch.setattr(database, "outage", mine)
    yield mine
    mine.end()


def test_an_unknown_address_gets_a_page_with_an_id(browser: Client) -> None:
    answer = browser.get("/nothing/here/")
    assert answer.status_code == 404
    assert re.search(r"id <code>e-[0-9a-f]{8}</code>", answer.text)
    assert "start from the board" in answer.text


def test_a_broken_rule_is_explained_and_escaped(browser: Client) -> None:
    answer = browser.get("/t/rule/")
    assert answer.status_code == 409
    assert "It is &lt;stopped&gt; already." in answer.text
    assert "Start it first." in answer.text


@pytest.mark.parametrize(
    ("url", "offered", "not_offered"),
    [
        ("/tasks/?sort=nonsense", 'href="/tasks/"', "?sort=nonsense"),
        ("/tasks/999999/", 'href="/"', 'href="/tasks/999999/"'),
        ("/t/rule/?n=1", 'href="/t/rule/?n=1"', "without choices"),
        ("/t/mistake/", 'href="/t/mistake/"', "without choices"),
    ],
)
def test_what_cannot_succeed_is_not_offered_again(browser: Client, url: str, offered: str, not_offered: str) -> None:
    acts = browser.get(url).content.decode().partition('class="acts"')[2]
    assert offered in acts
    assert not_offered not in acts


def test_the_same_failure_is_json_for_those_who_ask_for_it(browser: Client) -> None:
    answer = browser.get("/t/rule/", headers={"Accept": "application/json"})
    assert answer.status_code == 409
    assert set(answer.json()["error"]) == {"category", "message", "hint", "id"}


def test_the_same_failure_is_a_piece_of_a_page_for_htmx(browser: Client) -> None:
    answer = browser.get("/t/rule/", headers={"HX-Request": "true"})
    assert answer.status_code == 409
    assert "<html" not in answer.text
    assert "data-error=" in answer.text


def test_a_database_that_is_away_is_a_503_that_says_when_to_come_back(browser: Client) -> None:
    answer = browser.get("/t/database/")
    assert (answer.status_code, answer["Retry-After"]) == (503, "5")
    assert "What was saved before is safe" in answer.text
    assert "look before you send it again" not in answer.text


def test_who_sent_something_while_the_database_was_away_is_told_to_look(browser: Client) -> None:
    assert "look before you send it again" in browser.post("/t/database/").text


def test_a_full_disk_is_named_and_stands_on_the_board_for_a_while(
    browser: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "_full_at", None)
    assert "The disk is full" not in browser.get("/").text
    answer = browser.get("/t/full/")
    assert (answer.status_code, answer["Retry-After"]) == (503, "5")
    assert "The disk of the database is full." in answer.text
    assert "The disk is full" in browser.get("/").text


def test_a_home_without_room_stands_on_the_board(browser: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(disk, "EMPTY_MB", 10**9)
    text = browser.get("/").text
    assert "The disk is full" in text
    assert "nothing can be stored" in text


@pytest.mark.parametrize("headers", [{}, {"HX-Request": "true"}, {"Accept": "application/json"}])
def test_a_session_that_cannot_be_read_is_a_503_too(
    browser: Client, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, headers: dict[str, str]
) -> None:
    monkeypatch.setattr(SessionStore, "load", lambda self: lose_database(HttpRequest()))
    answer = browser.get("/", headers=headers)
    assert (answer.status_code, answer["Retry-After"]) == (503, "5")
    assert "The database does not answer." in answer.text
    assert "Traceback" not in caplog.text


def test_a_known_outage_is_answered_without_asking_the_database(
    browser: Client, outage: Outage, django_assert_num_queries: Any
) -> None:
    outage.begin("gone")
    with django_assert_num_queries(0):
        answers = [browser.get("/"), browser.get("/", headers={"HX-Request": "true"}), browser.get("/healthz")]
    assert [(answer.status_code, answer["Retry-After"]) for answer in answers] == [(503, "5")] * 3
    outage.end()
    assert browser.get("/healthz").status_code == 200


def test_an_outage_ends_as_soon_as_a_look_says_so(outage: Outage, looks: list[bool]) -> None:
    outage.begin("gone")
    assert outage.is_on
    looks.append(True)
    wait_until(lambda: not outage.is_on)


def test_our_own_mistake_has_an_id_and_tells_no_secret(browser: Client, caplog: pytest.LogCaptureFixture) -> None:
    answer = browser.get("/t/mistake/")
    assert answer.status_code == 500
    assert "a secret" not in answer.text
    found = re.search(r"e-[0-9a-f]{8}", answer.text)
    assert found is not None
    assert found.group() in caplog.text


def test_a_form_without_its_token_is_told_to_reload(settings: Any) -> None:
    client = Client(enforce_csrf_checks=True)
    answer = client.post("/sign-in/", {"username": "x", "password": "y"})
    assert answer.status_code == 403
    assert "reload the page" in answer.text
