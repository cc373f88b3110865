"""A list kept under a name: one's own or a workspace's, as tabs, as what the list opens with, and in the palette."""

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from agents.models import SavedView, Swarm
from tests.agents.factories import make_swarm, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def swarm() -> Swarm:
    return make_swarm()


@pytest.fixture
def owner(swarm: Swarm) -> Any:
    return make_user("operator", swarm.workspace)


def save(client: Client, **changes: Any) -> Any:
    data = {"list": "task_list", "query": "state=failed&after=9", "name": "Failed", **changes}
    return client.post("/views/new/", data)


def test_a_view_stands_above_its_list_and_in_the_palette(client: Client, owner: Any) -> None:
    client.force_login(owner)
    assert save(client)["Location"] == "/tasks/?state=failed"
    page = client.get("/tasks/?state=failed").text
    assert "Change view" in page
    assert ">Failed</a>" in page
    assert "Failed" not in client.get("/agents/").text
    assert 'href="/tasks/?state=failed"' in client.get("/find/?q=fail").text


def test_a_name_that_is_taken_is_refused_until_it_shall_be_replaced(client: Client, owner: Any) -> None:
    client.force_login(owner)
    assert "Replace my view" not in client.get("/views/new/?list=task_list&query=state=ready").text
    save(client)
    asked = save(client, query="state=ready")
    assert "You have a view named &#x27;Failed&#x27; of this list already." in asked.text
    assert 'name="replace"' in asked.text
    assert SavedView.objects.get().query == "state=failed"
    save(client, query="state=ready", replace="on")
    assert SavedView.objects.get().query == "state=ready"
    save(client, list="agent_list", query="state=error")
    assert SavedView.objects.count() == 2


def test_it_is_ones_own_until_it_is_shared(client: Client, owner: Any, swarm: Swarm) -> None:
    client.force_login(owner)
    save(client)
    mate, stranger = make_user("viewer", swarm), make_user("viewer", make_swarm())
    view = SavedView.objects.get()
    for reader, sees in ((mate, False), (stranger, False)):
        client.force_login(reader)
        assert ("Failed" in client.get("/find/?q=failed").text) == sees
    client.force_login(owner)
    client.post(f"/views/{view.pk}/edit/", {"name": "Failed", "workspace": swarm.workspace_id})
    for reader, sees, status in ((mate, True, 200), (stranger, False, 404)):
        client.force_login(reader)
        assert (f"views/{view.pk}" in client.get("/tasks/").text) is False
        assert (">Failed</a>" in client.get("/tasks/").text) == sees
        assert client.get(f"/views/{view.pk}/edit/").status_code == status
        assert client.post(f"/views/{view.pk}/delete/").status_code == (403 if sees else 404)
    assert SavedView.objects.exists()


def test_nobody_shares_with_a_workspace_they_do_not_see(client: Client, owner: Any) -> None:
    client.force_login(owner)
    assert "Select a valid choice" in save(client, workspace=make_swarm().workspace_id).text
    assert not SavedView.objects.exists()


def test_the_default_is_what_the_list_opens_with(client: Client, owner: Any) -> None:
    client.force_login(owner)
    save(client, is_default="on")
    assert client.get("/tasks/")["Location"] == "/tasks/?state=failed"
    assert client.get("/tasks/?all=1").status_code == 200
    assert client.get("/tasks/", headers={"HX-Request": "true"}).status_code == 200
    save(client, name="Ready", query="state=ready", is_default="on")
    assert client.get("/tasks/")["Location"] == "/tasks/?state=ready"
    assert SavedView.objects.filter(is_default=True).count() == 1


def test_renaming_and_deleting(client: Client, owner: Any) -> None:
    client.force_login(owner)
    save(client)
    save(client, name="Other")
    view = SavedView.objects.get(name="Failed")
    assert "another view named" in client.post(f"/views/{view.pk}/edit/", {"name": "Other"}).text
    client.post(f"/views/{view.pk}/edit/", {"name": "Lost"})
    view.refresh_from_db()
    assert view.name == "Lost"
    client.post(f"/views/{view.pk}/delete/")
    assert [view.name for view in SavedView.objects.all()] == ["Other"]


def test_a_view_of_something_that_is_gone_says_so(client: Client, owner: Any, swarm: Swarm) -> None:
    client.force_login(owner)
    save(client, query=f"swarm={swarm.pk}")
    assert "outdated" not in client.get("/tasks/").text
    Swarm.objects.filter(pk=swarm.pk).update(archived_at=timezone.now())
    assert "outdated" in client.get("/tasks/").text


@pytest.mark.parametrize(
    "changes", [{"list": "nonsense"}, {"query": f"q={'x' * 2000}"}], ids=["no such list", "too long"]
)
def test_nonsense_is_refused(client: Client, owner: Any, changes: dict[str, str]) -> None:
    client.force_login(owner)
    assert save(client, **changes).status_code == 400


def test_a_view_needs_a_name(client: Client, owner: Any) -> None:
    client.force_login(owner)
    save(client, name="  ")
    assert not SavedView.objects.exists()
