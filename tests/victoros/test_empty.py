"""Empty lists say why they are empty: nothing there yet, nothing that fits, or nothing that the reader may see."""

from typing import Any

import pytest
from django.test import Client

from tests.agents.factories import make_swarm, make_user

pytestmark = pytest.mark.django_db

LISTS = ("/", "/needs-me/", "/mail/", "/tasks/", "/agents/", "/swarms/")


@pytest.fixture
def boss(client: Client) -> Any:
    """A superuser whom others may ask."""
    return make_user(superuser=True)


@pytest.mark.parametrize("path", LISTS)
def test_somebody_without_a_role_is_told_whom_to_ask(client: Client, boss: Any, path: str) -> None:
    make_swarm()
    client.force_login(make_user())
    page = client.get(path).text
    assert "You may not see any swarm yet" in page
    assert f"Ask {boss.get_username()} for the role" in page


@pytest.mark.parametrize("path", LISTS)
def test_who_sees_a_swarm_is_not_told_so(client: Client, boss: Any, path: str) -> None:
    client.force_login(make_user("viewer", make_swarm()))
    assert "You may not see any swarm yet" not in client.get(path).text


def test_a_viewer_is_told_who_writes_tasks_and_an_operator_gets_the_button(client: Client, boss: Any) -> None:
    swarm = make_swarm()
    client.force_login(make_user("viewer", swarm))
    page = client.get("/tasks/").text
    assert "Operators of a swarm write them" in page
    assert "Write the first task" not in page
    client.force_login(make_user("operator", swarm))
    assert "Write the first task" in client.get("/tasks/").text


@pytest.mark.parametrize("path", ["/tasks/?state=failed", "/agents/?q=zzz", "/swarms/?q=zzz", "/mail/?state=dead"])
def test_a_choice_that_fits_nothing_offers_to_clear_it(client: Client, boss: Any, path: str) -> None:
    make_swarm()
    client.force_login(boss)
    page = client.get(path).text
    assert "fits this choice" in page
    assert f'<a class="button" href="{path.partition("?")[0]}">Show all' in page
