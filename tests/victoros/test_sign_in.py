"""Coming in: by password, by a link that works once; and going out."""

from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.test import Client
from django.utils import timezone

from agents.models import SignInLink
from agents.services.first_run import ensure_operator, make_sign_in_link
from audit.actors import SYSTEM
from audit.models import Entry

pytestmark = pytest.mark.django_db

PASSWORD = "a long enough one"


@pytest.fixture
def user() -> Any:
    """Somebody with a password."""
    return get_user_model().objects.create_user("operator", password=PASSWORD)


def test_a_stranger_is_sent_to_the_sign_in_and_back_again(client: Client, user: Any) -> None:
    answer = client.get("/needs-me/")
    assert answer.status_code == 302
    assert answer["Location"] == "/sign-in/?next=/needs-me/"
    answer = client.post(answer["Location"], {"username": "operator", "password": PASSWORD, "next": "/needs-me/"})
    assert answer["Location"] == "/needs-me/"


def test_signing_in_leaves_an_entry(client: Client, user: Any) -> None:
    client.post("/sign-in/", {"username": "operator", "password": PASSWORD})
    entry = Entry.objects.get(kind="person.signed_in")
    assert (entry.actor_name, entry.object_ref) == ("operator", user.pk)


def test_a_wrong_password_is_explained_and_leaves_no_session(client: Client, user: Any) -> None:
    answer = client.post("/sign-in/", {"username": "operator", "password": "wrong"})
    assert "No account has this name and password" in answer.text
    assert client.get("/").status_code == 302
    assert not Entry.objects.exists()


def test_the_way_back_never_leads_to_another_site(client: Client, user: Any) -> None:
    data = {"username": "operator", "password": PASSWORD, "next": "https://evil.example/"}
    assert client.post("/sign-in/", data)["Location"] == "/"


def test_looking_at_a_welcome_link_does_not_use_it_up(client: Client) -> None:
    link = ensure_operator()
    assert link is not None
    assert client.get(link).status_code == 200
    assert client.get(link).status_code == 200
    assert client.post(link)["Location"] == "/setup/"
    assert client.get("/account/").status_code == 200


def test_a_welcome_link_works_once(client: Client) -> None:
    link = ensure_operator()
    assert link is not None
    client.post(link)
    answer = Client().post(link)
    assert answer.status_code == 403
    assert "sign-in-link" in answer.text


def test_opening_a_link_that_signs_nobody_in_says_so_at_once(client: Client) -> None:
    used = ensure_operator()
    assert used is not None
    client.post(used)
    old = make_sign_in_link(actor=SYSTEM)
    SignInLink.objects.filter(used_at=None).update(expires_at=timezone.now())

    for link in (used, old, "/welcome/made-up/"):
        answer = Client().get(link)
        assert answer.status_code == 403
        assert "sign-in-link" in answer.text


def test_a_password_can_be_set_and_the_session_goes_on(client: Client, user: Any) -> None:
    client.force_login(user)
    answer = client.post(
        "/account/password/", {"new_password1": "another long one", "new_password2": "another long one"}
    )
    assert answer["Location"] == "/account/"
    assert client.get("/account/").status_code == 200
    user.refresh_from_db()
    assert user.check_password("another long one")


def test_a_weak_password_is_refused_beside_its_field(client: Client, user: Any) -> None:
    client.force_login(user)
    answer = client.post("/account/password/", {"new_password1": "short", "new_password2": "short"})
    assert answer.status_code == 422
    assert "at least 10 characters" in answer.text
    user.refresh_from_db()
    assert user.check_password(PASSWORD)


def test_signing_out_takes_a_form(client: Client, user: Any) -> None:
    client.force_login(user)
    assert client.get("/sign-out/").status_code == 405
    assert client.post("/sign-out/")["Location"] == "/sign-in/"
    assert client.get("/").status_code == 302


def test_a_section_of_a_signed_out_page_reloads_the_page(client: Client) -> None:
    answer = client.get("/needs-me/", headers={"HX-Request": "true"})
    assert (answer.status_code, answer["HX-Refresh"]) == (204, "true")
