"""Adding people."""

import pytest
from django.contrib.auth.models import User

from agents.models import SignInLink
from agents.permissions import list_roles, may
from agents.services.first_run import use_link
from agents.services.people import add_person, invite_person
from audit.models import Entry
from tests.agents.factories import OPERATOR, make_swarm, make_user
from victoros.lib.errors import Conflict, InvalidInput

pytestmark = pytest.mark.django_db


def test_a_new_person_has_no_password_and_no_rights_and_is_recorded() -> None:
    swarm = make_swarm()
    user = add_person(actor=OPERATOR, username=" newbie ")

    assert (user.username, user.has_usable_password(), user.is_active) == ("newbie", False, True)
    assert (user.is_superuser, user.is_staff, may(user, "view", swarm)) == (False, False, False)
    entry = Entry.objects.get(kind="person.created")
    assert (entry.actor_name, entry.object_ref, entry.object_name) == ("tester", user.pk, "newbie")


@pytest.mark.parametrize("name", ["kim", "kim.lee", "kim@example.org", "zoë", "7", "k" * 150])
def test_names_that_people_have_are_taken(name: str) -> None:
    assert add_person(actor=OPERATOR, username=name).username == name


@pytest.mark.parametrize(
    "name", ["", "  ", "two words", "-kim", "k\x00m", "kim\n.", "<b>", "kim/lee", "k\u202em", "k" * 151]
)
def test_other_names_are_refused(name: str) -> None:
    with pytest.raises(InvalidInput, match="cannot be a user name"):
        add_person(actor=OPERATOR, username=name)
    assert not User.objects.exists()


@pytest.mark.parametrize("name", ["kim", "KIM"])
def test_a_name_that_is_taken_is_refused_in_any_case(name: str) -> None:
    add_person(actor=OPERATOR, username="kim")

    with pytest.raises(Conflict, match="a person named kim already"):
        add_person(actor=OPERATOR, username=name)
    assert Entry.objects.filter(kind="person.created").count() == 1


def test_the_name_of_an_account_that_is_switched_off_is_taken() -> None:
    user = make_user()
    User.objects.update(is_active=False)

    with pytest.raises(Conflict, match="switched off"):
        add_person(actor=OPERATOR, username=user.username)


def test_an_invited_person_comes_in_by_the_link_and_has_the_role() -> None:
    swarm = make_swarm()
    made = invite_person(actor=OPERATOR, username="newbie", role="operator", holder=swarm)

    assert use_link(made.path.removeprefix("/welcome/").strip("/")) == made.user
    assert list_roles(swarm) == {"newbie": "operator"}


def test_nothing_is_left_of_an_invitation_that_fails() -> None:
    with pytest.raises(InvalidInput, match="no role 'king'"):
        invite_person(actor=OPERATOR, username="newbie", role="king", holder=make_swarm())

    assert not User.objects.exists()
    assert not SignInLink.objects.exists()
