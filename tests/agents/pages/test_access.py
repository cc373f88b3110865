"""Who sees which page: a stranger meets 404, a viewer looks, an operator works, an admin changes."""

import pytest
from django.test import Client
from django.urls import reverse

from tests.agents.factories import make_message, make_provider, make_swarm, make_user, make_workspace
from tests.agents.pages.conftest import Cast, sign_in

READ = ["swarm_view", "agent_view", "mail_view"]
OPERATE = ["mail_redirect"]
ADMINISTER = ["swarm_edit", "agent_edit", "agent_retire"]


def address(name: str, cast: Cast) -> str:
    of = name.partition("_")[0]
    pk = {"swarm": cast.swarm.pk, "agent": cast.agent.pk}.get(of) or make_message(cast.agent).pk
    return reverse(name, args=[pk])


@pytest.mark.parametrize("name", READ)
def test_everybody_with_a_role_may_look_and_a_stranger_finds_nothing(cast: Cast, name: str) -> None:
    url = address(name, cast)

    assert [cast[role].get(url).status_code for role in ("stranger", "viewer", "operator", "admin")] == [
        404,
        200,
        200,
        200,
    ]


@pytest.mark.parametrize("name", OPERATE)
def test_operators_act(cast: Cast, name: str) -> None:
    url = address(name, cast)

    assert [cast[role].get(url).status_code for role in ("stranger", "viewer", "operator", "admin")] == [
        404,
        403,
        200,
        200,
    ]


@pytest.mark.parametrize("name", ADMINISTER)
@pytest.mark.parametrize("method", ["get", "post"])
def test_only_admins_change_what_is(cast: Cast, name: str, method: str) -> None:
    url = address(name, cast)

    codes = [getattr(cast[role], method)(url).status_code for role in ("stranger", "viewer", "operator")]

    assert codes == [404, 403, 403]
    assert getattr(cast.admin, method)(url).status_code < 403 or method == "post"


def test_only_an_operator_writes_mail(cast: Cast) -> None:
    url = f"{reverse('mail_compose')}?swarm={cast.swarm.pk}"

    assert [cast[role].get(url).status_code for role in ("stranger", "viewer", "operator", "admin")] == [
        404,
        403,
        200,
        200,
    ]


def test_only_an_admin_adds_agents(cast: Cast) -> None:
    url = f"{reverse('agent_new')}?swarm={cast.swarm.pk}"

    assert [cast[role].get(url).status_code for role in ("stranger", "viewer", "operator", "admin")] == [
        404,
        403,
        403,
        200,
    ]


def test_only_an_admin_of_a_workspace_makes_swarms(cast: Cast) -> None:
    url = reverse("swarm_new")

    assert [cast[role].get(url).status_code for role in ("stranger", "viewer", "operator", "admin")] == [
        403,
        403,
        403,
        200,
    ]


def test_an_admin_of_one_workspace_cannot_make_a_swarm_in_another(cast: Cast) -> None:
    other = make_workspace()

    answer = cast.admin.post(reverse("swarm_new"), {"name": "Mine", "workspace": other.pk})

    assert answer.status_code == 422
    assert not other.swarms.exists()


@pytest.mark.parametrize("name", ["swarm_list", "agent_list", "mail_room"])
def test_lists_hold_only_what_the_reader_may_see(cast: Cast, name: str) -> None:
    make_message(cast.agent, subject="Desk letter")
    url = reverse(name)

    assert "Desk" in cast.viewer.get(url).content.decode()
    assert "Desk" not in cast.stranger.get(url).content.decode()


def test_a_role_on_one_swarm_opens_that_swarm_alone(cast: Cast) -> None:
    other = make_swarm("Other", workspace=cast.swarm.workspace)
    guest = sign_in(make_user("viewer", other))

    assert guest.get(reverse("swarm_view", args=[other.pk])).status_code == 200
    assert guest.get(reverse("swarm_view", args=[cast.swarm.pk])).status_code == 404


def test_everybody_signed_in_may_look_at_providers_and_admins_change_them(cast: Cast) -> None:
    provider = make_provider()
    edit, test = reverse("provider_edit", args=[provider.pk]), reverse("provider_test", args=[provider.pk])

    assert [cast[role].get(reverse("provider_list")).status_code for role in ("stranger", "viewer", "admin")] == [
        200
    ] * 3
    assert [cast[role].get(edit).status_code for role in ("stranger", "viewer", "operator", "admin")] == [
        403,
        403,
        403,
        200,
    ]
    assert [cast[role].post(test).status_code for role in ("stranger", "viewer", "operator", "admin")] == [
        403,
        403,
        403,
        302,
    ]


@pytest.mark.django_db
@pytest.mark.parametrize(
    "name", ["swarm_list", "agent_list", "mail_room", "provider_list", "swarm_new", "provider_new"]
)
def test_who_is_not_signed_in_is_sent_to_sign_in(name: str) -> None:
    answer = Client().get(reverse(name))

    assert answer.status_code == 302
    assert answer.headers["Location"].startswith(reverse("sign_in"))


@pytest.mark.parametrize("path", ["/agents/{}/", "/swarms/{}/", "/mail/{}/", "/agents/?swarm={}", "/mail/?after={}"])
def test_an_absurd_number_is_no_failure(cast: Cast, path: str) -> None:
    assert cast.viewer.get(path.format("9" * 40)).status_code in (400, 404)


@pytest.mark.parametrize("path", ["/agents/", "/swarms/", "/mail/"])
def test_a_search_for_signs_no_database_holds_finds_nothing(cast: Cast, path: str) -> None:
    assert cast.viewer.get(path, {"q": "nothing\x00"}).status_code == 200
