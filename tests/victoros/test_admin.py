"""The admin: superusers look at every row there, and change none that a service owns."""

import pytest
from django.contrib import admin
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.test import Client

from audit.models import Entry
from tests.agents.factories import make_user

pytestmark = pytest.mark.django_db

OURS = [model for model in admin.site._registry if model._meta.app_label in ("audit", "agents", "tasks")]


@pytest.fixture
def reader(client: Client) -> Client:
    """A superuser's browser."""
    client.force_login(make_user(superuser=True))
    return client


@pytest.mark.parametrize("model", OURS, ids=lambda model: str(model._meta.label))
def test_rows_are_listed_and_cannot_be_added(reader: Client, model: type) -> None:
    address = f"/admin/{model._meta.app_label}/{model._meta.model_name}/"  # type: ignore[attr-defined]
    assert reader.get(address).status_code == 200
    assert reader.get(f"{address}add/").status_code == 403


def test_a_row_can_be_opened_but_not_changed_or_deleted(reader: Client) -> None:
    entry = Entry.objects.create(kind="task.created", actor_kind="system", actor_name="victor", object_kind="task")
    address = f"/admin/audit/entry/{entry.pk}"
    assert reader.get(f"{address}/change/").status_code == 200
    assert reader.post(f"{address}/change/", {"kind": "forged"}).status_code == 403
    assert reader.post(f"{address}/delete/", {"post": "yes"}).status_code == 403
    entry.refresh_from_db()
    assert entry.kind == "task.created"


def test_staff_who_are_no_superusers_see_no_rows(client: Client) -> None:
    user = make_user()
    get_user_model().objects.filter(pk=user.pk).update(is_staff=True)
    client.force_login(user)
    assert client.get("/admin/audit/entry/").status_code == 403


def test_a_new_person_leaves_an_entry(reader: Client) -> None:
    data = {
        "username": "kim",
        "password1": "a long enough one",
        "password2": "a long enough one",
        "usable_password": "true",
    }
    assert reader.post("/admin/auth/user/add/", data).status_code == 302
    assert Entry.objects.get(kind="person.created").object_name == "kim"


def test_people_are_switched_off_and_never_deleted(reader: Client) -> None:
    user = make_user()
    assert reader.post(f"/admin/auth/user/{user.pk}/delete/", {"post": "yes"}).status_code == 403
    assert get_user_model().objects.filter(pk=user.pk).exists()


def test_groups_can_be_made(reader: Client) -> None:
    reader.post("/admin/auth/group/add/", {"name": "night shift"})
    assert Group.objects.filter(name="night shift").exists()
