"""`victor person`: added with a link to come in by, and listed."""

import pytest
from django.contrib.auth.models import User
from django.test import Client

from agents.permissions import list_roles
from tests.agents.factories import make_swarm, make_user
from tests.commands.conftest import Victor

pytestmark = pytest.mark.django_db


def test_add_prints_a_link_that_signs_the_person_in(victor: Victor, client: Client) -> None:
    ran = victor("person", "add", "newbie")
    link = ran.out.splitlines()[0]

    assert (ran.code, ran.err) == (0, "")
    assert "newbie may see no swarm yet" in ran.out
    assert client.get(link).status_code == 200
    assert client.post(link)["Location"] == "/"
    assert "newbie" in client.get("/account/").text


def test_the_document_has_the_row_and_the_link_and_no_password(victor: Victor) -> None:
    document = victor("person", "add", "newbie", "--json").document

    assert document["id"] == User.objects.get(username="newbie").pk
    assert (document["status"], document["username"], document["role"], document["minutes"]) == (
        "active", "newbie", None, 60
    )  # fmt: skip
    assert document["link"].startswith("/welcome/")
    assert "password" not in document


@pytest.mark.parametrize("where", ["swarm", "workspace"])
def test_a_role_is_given_at_once(victor: Victor, where: str) -> None:
    swarm = make_swarm("Desk")
    holder = swarm if where == "swarm" else swarm.workspace
    document = victor("person", "add", "newbie", "--role", "operator", f"--{where}", holder.name, "--json").document

    assert list_roles(holder) == {"newbie": "operator"}
    assert (document["role"], document["role_on"]) == ("operator", holder.name)


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("newbie", "--role", "viewer"), 2, "go together"),
        (("newbie", "--swarm", "Desk"), 2, "go together"),
        (("newbie", "--role", "king", "--swarm", "Desk"), 2, "invalid choice"),
        (("newbie", "--role", "viewer", "--swarm", "Desk", "--workspace", "Home"), 2, "not allowed with"),
        (("newbie", "--role", "viewer", "--swarm", "Nowhere"), 1, "There is no swarm 'Nowhere'."),
        (("two words",), 2, "cannot be a user name"),
        (("operator",), 1, "There is a person named operator already."),
    ],
)
def test_what_cannot_be_done_is_refused_and_nobody_is_added(
    victor: Victor, words: tuple[str, ...], code: int, said: str
) -> None:
    make_swarm("Desk")
    ran = victor("person", "add", *words)

    assert (ran.code, ran.out) == (code, "")
    assert said in ran.err
    assert User.objects.count() == 1


def test_only_superusers_add_and_list(victor: Victor) -> None:
    admin = make_user("admin", make_swarm().workspace).username

    assert "Only superusers" in victor("person", "add", "newbie", "--as", admin).err
    assert victor("person", "list", "--as", admin, "--json").document["error"]["category"] == "permission"
    assert not User.objects.filter(username="newbie").exists()


def test_list_shows_everybody_newest_first(victor: Victor) -> None:
    make_user()
    User.objects.exclude(username="operator").update(username="gone", is_active=False)
    document = victor("person", "list", "--json").document

    assert [(row["username"], row["status"]) for row in document["items"]] == [("gone", "off"), ("operator", "active")]
    assert not any("password" in row for row in document["items"])
    assert "operator" in victor("person", "list").out


def test_a_link_for_nobody_tells_how_to_add_the_person(victor: Victor) -> None:
    ran = victor("sign_in_link", "--user", "newbie")

    assert ran.code == 1
    assert "There is no active person named newbie." in ran.err
    assert "./victor person add newbie" in ran.err
    assert "./victor up" not in ran.err
