"""The page on which roles are given and taken."""

from django.urls import reverse

from agents.permissions import list_roles, may
from tests.agents.factories import make_user
from tests.agents.pages.conftest import Cast, sign_in


def test_an_admin_gives_and_takes_a_role(cast: Cast) -> None:
    url = reverse("swarm_people", args=[cast.swarm.pk])
    guest = make_user()

    cast.admin.post(url, {"username": guest.username, "role": "operator", "reach": "swarm"})
    assert list_roles(cast.swarm) == {guest.username: "operator"}
    assert guest.username in cast.admin.get(url).content.decode()

    cast.admin.post(url, {"username": guest.username, "role": "none", "reach": "swarm"})
    assert list_roles(cast.swarm) == {}


def test_only_admins_see_the_page(cast: Cast) -> None:
    url = reverse("swarm_people", args=[cast.swarm.pk])

    assert [cast[role].get(url).status_code for role in ("stranger", "viewer", "operator", "admin")] == [
        404,
        403,
        403,
        200,
    ]


def test_an_admin_of_one_swarm_cannot_give_roles_on_the_workspace(cast: Cast) -> None:
    chief, guest = sign_in(make_user("admin", cast.swarm)), make_user()

    answer = chief.post(
        reverse("swarm_people", args=[cast.swarm.pk]),
        {"username": guest.username, "role": "admin", "reach": "workspace"},
    )

    assert answer.status_code == 422
    assert not may(guest, "view", cast.swarm)


def test_an_unknown_name_comes_back_on_the_form(cast: Cast) -> None:
    answer = cast.admin.post(
        reverse("swarm_people", args=[cast.swarm.pk]), {"username": "nobody", "role": "viewer", "reach": "swarm"}
    )

    assert answer.status_code == 422
    assert "no active person named" in answer.content.decode()


def test_a_superuser_adds_somebody_new_with_the_role(cast: Cast) -> None:
    url, chief = reverse("swarm_people", args=[cast.swarm.pk]), sign_in(make_user(superuser=True))

    answer = chief.post(url, {"username": "newbie", "role": "viewer", "reach": "swarm", "add": "on"}, follow=True)

    assert list_roles(cast.swarm) == {"newbie": "viewer"}
    assert "./victor sign-in-link --user newbie" in answer.content.decode()


def test_a_name_without_an_account_is_added_only_when_asked_and_only_by_superusers(cast: Cast) -> None:
    url, chief = reverse("swarm_people", args=[cast.swarm.pk]), sign_in(make_user(superuser=True))
    wanted = {"username": "newbie", "role": "viewer", "reach": "swarm"}

    assert chief.post(url, wanted).status_code == 422
    assert cast.admin.post(url, {**wanted, "add": "on"}).status_code == 422
    assert list_roles(cast.swarm) == {}


def test_the_page_says_where_people_come_from(cast: Cast) -> None:
    page = cast.admin.get(reverse("swarm_people", args=[cast.swarm.pk])).content.decode()

    assert "./victor person add NAME" in page
    assert 'name="add"' not in page


def test_an_admin_of_the_workspace_finds_its_form_and_others_do_not(cast: Cast) -> None:
    path = reverse("workspace_edit", args=[cast.swarm.workspace_id])
    swarm, people, account = reverse("swarm_view", args=[cast.swarm.pk]), people_of(cast), reverse("account")
    for url in (swarm, people, account):
        link = f'href="{path}?next={url}"'
        assert link in cast.admin.get(url).content.decode(), url
    for url in (swarm, account):
        for other in (cast.operator, cast.viewer):
            assert path not in other.get(url).content.decode()
    own = sign_in(make_user("admin", cast.swarm))
    for url in (swarm, people, account):
        assert path not in own.get(url).content.decode()


def test_the_form_of_a_workspace_leads_back_to_where_it_was_opened(cast: Cast) -> None:
    path = reverse("workspace_edit", args=[cast.swarm.workspace_id])
    assert f'href="{people_of(cast)}"' in cast.admin.get(f"{path}?next={people_of(cast)}").content.decode()
    values = {"name": "Newsroom", "time_zone": "UTC"}
    for asked, goes in ((people_of(cast), people_of(cast)), ("https://elsewhere.example/", reverse("account"))):
        assert cast.admin.post(f"{path}?next={asked}", values)["Location"] == goes


def people_of(cast: Cast) -> str:
    return reverse("swarm_people", args=[cast.swarm.pk])
