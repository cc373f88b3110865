"""What failures look like: a page that says what happened, what to do, and an id; never a raw error."""

import re
from typing import Any

import pytest
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import path

from tests.agents.factories import make_user
from victoros import urls
from victoros.lib.errors import Conflict

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


urlpatterns = [
    *urls.urlpatterns,
    path("t/database/", lose_database),
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
    assert "Nothing was lost" in answer.text


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
