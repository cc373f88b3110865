"""Every kind of row in the admin: its list and its rows open, cost little, are found, and lead to the pages and back."""

from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from agents.models import Memory, SignInLink
from agents.permissions import VIEW, may
from audit.actors import SYSTEM
from audit.attention import raise_item
from audit.models import AttentionItem, Channel, Entry, Notice, PushSubscription, Topic
from tasks.models import Approval, Attempt, Cell, Dependency, Effect, Lease, Outbox, Step, Task
from tests.agents.factories import make_agent, make_message, make_provider, make_swarm, make_user
from tests.tasks.pages.rows import make_approval, make_attempt, make_steps, make_task
from victoros.lib.admin import InspectionAdmin

pytestmark = pytest.mark.django_db

INSPECTED = {model._meta.label: one for model, one in admin.site._registry.items() if isinstance(one, InspectionAdmin)}
labels = pytest.mark.parametrize("label", sorted(INSPECTED))
WITHOUT_A_PAGE = {
    "agents.SignInLink",
    "audit.Topic",
    "audit.PushSubscription",
    "audit.Channel",
    "audit.Notice",
    "tasks.Outbox",
}
"""Keys and wake-ups; devices and what they were told stand on the page of their owner alone."""


@pytest.fixture
def reader(client: Client) -> Client:
    """A superuser's browser."""
    client.force_login(make_user(superuser=True))
    return client


def make_rows(times: int = 1) -> None:
    """Make `times` rows, or more, of everything that can be inspected, each with links of its own."""
    for n in range(times):
        swarm = make_swarm()
        agent, user, now = make_agent(swarm), make_user(), timezone.now()
        cell = Cell.objects.create(host="host", pid=n, started_at=now, heartbeat_at=now, reason="")
        attempt = make_attempt(make_task(swarm), status="running", cell=cell)
        make_steps(attempt, 2)
        make_approval(attempt)
        make_message(agent, reply_to=make_message(agent))
        make_provider()
        Effect.objects.create(key=f"{attempt.pk:064}", attempt=attempt, step_n=2, tool="write_file")
        Dependency.objects.create(task=make_task(swarm), on=attempt.task)
        Lease.objects.create(name=f"lease {attempt.pk}", holder="test", until=now)
        Outbox.objects.create(kind="work")
        Memory.objects.create(agent=agent, name="note", text="Long.")
        SignInLink.objects.create(user=user, digest=f"{attempt.pk:064}", expires_at=now)
        device = PushSubscription.objects.create(
            user=user, name="phone", endpoint_digest=f"{attempt.pk:064}", sealed=""
        )
        Channel.objects.create(user=user, name="chat", schema="json")
        item = raise_item(
            actor=SYSTEM,
            kind="failed",
            title="It failed",
            object_kind="task",
            object_ref=attempt.task_id,
            swarm_ref=swarm.pk,
        )
        Notice.objects.create(user=user, item=item, subscription=device, due_at=now, late_at=now)
        Entry.objects.create(
            kind="task.created",
            actor_kind="system",
            actor_name="victor",
            object_kind="task",
            object_ref=attempt.task_id,
        )
        Topic.objects.get_or_create(name=f"task:{attempt.task_id}")


def list_of(one: InspectionAdmin) -> str:
    return reverse(f"admin:{one.model._meta.app_label}_{one.model._meta.model_name}_changelist")


def row_of(one: InspectionAdmin, row: Any) -> str:
    return reverse(f"admin:{one.model._meta.app_label}_{one.model._meta.model_name}_change", args=[row.pk])


def newest(one: InspectionAdmin) -> Any:
    rows = one.model._default_manager
    if one.model is Entry:
        rows = rows.filter(object_kind="task")
    return rows.order_by("-pk").first()


@labels
def test_a_row_leads_to_its_page_and_the_page_back(reader: Client, label: str) -> None:
    make_rows()
    one = INSPECTED[label]
    row = newest(one)
    assert one.has_pages == (label not in WITHOUT_A_PAGE)
    shown = reader.get(row_of(one, row))
    assert (shown.status_code, reader.get(list_of(one)).status_code) == (200, 200)
    if not one.has_pages:
        return
    address = one.page_of(row)
    assert f'href="{address}"' in shown.text
    assert f'href="{address}"' in reader.get(list_of(one)).text
    page = reader.get(address.partition("#")[0])
    assert page.status_code == 200
    if one.page and one.page[1] == "pk":
        assert f'href="{row_of(one, row)}"' in page.text
    if one.list_page:
        assert f'href="{list_of(one)}"' in reader.get(reverse(one.list_page)).text


def test_who_may_not_look_at_rows_is_not_led_to_them(client: Client) -> None:
    make_rows()
    task = Task.objects.latest("pk")
    client.force_login(make_user("viewer", task.swarm))
    assert "/admin/" not in client.get(f"/tasks/{task.pk}/").text
    user = make_user("viewer", task.swarm)
    get_user_model().objects.filter(pk=user.pk).update(is_staff=True)
    client.force_login(user)
    page = client.get(f"/tasks/{task.pk}/").text
    assert 'href="/admin/"' in page
    assert "/admin/tasks/" not in page


@labels
def test_a_list_costs_the_same_with_few_rows_and_with_many_and_counts_nothing(reader: Client, label: str) -> None:
    one, costs = INSPECTED[label], []
    for times in (1, 5):
        make_rows(times)
        with CaptureQueriesContext(connection) as queries:
            assert reader.get(list_of(one)).status_code == 200
        costs.append(len(queries))
        assert not [query for query in queries.captured_queries if "COUNT(" in query["sql"]]
    assert costs[0] == costs[1] <= 6


def test_lists_read_no_long_texts(reader: Client) -> None:
    make_rows()
    long = {
        "tasks.Step": ("request", "result"),
        "tasks.Task": ("text", "data"),
        "agents.Message": ("body", "instructions"),
    }
    for label, columns in long.items():
        with CaptureQueriesContext(connection) as queries:
            reader.get(list_of(INSPECTED[label]))
        asked = " ".join(query["sql"] for query in queries.captured_queries)
        assert not [column for column in columns if f'."{column}"' in asked]


@labels
def test_every_list_can_be_searched_and_nonsense_finds_nothing(reader: Client, label: str) -> None:
    make_rows()
    one = INSPECTED[label]
    row = newest(one)
    if isinstance(row.pk, int):
        found = reader.get(list_of(one), {"q": str(row.pk)}).context["cl"].result_list
        assert row in list(found)
    for words in ("no such words", "9" * 30, "12 '; --", "%", "²"):
        answer = reader.get(list_of(one), {"q": words})
        assert answer.status_code == 200
        assert list(answer.context["cl"].result_list) == []


def test_a_number_finds_what_belongs_to_it_and_words_find_titles(reader: Client) -> None:
    make_rows()
    attempt = Attempt.objects.get()

    def found(label: str, words: object) -> list[Any]:
        return list(reader.get(list_of(INSPECTED[label]), {"q": str(words)}).context["cl"].result_list)

    assert set(found("tasks.Step", attempt.pk)) >= set(Step.objects.filter(attempt=attempt))
    assert attempt in found("tasks.Attempt", attempt.task_id)
    assert Approval.objects.get() in found("tasks.Approval", attempt.task_id)
    assert AttentionItem.objects.get() in found("audit.AttentionItem", "it FAILED")


def test_entries_are_narrowed_down_to_an_area(reader: Client) -> None:
    make_rows()
    url = list_of(INSPECTED["audit.Entry"])
    kinds = {row.kind.partition(".")[0] for row in reader.get(url, {"area": "message"}).context["cl"].result_list}
    assert kinds == {"message"}
    assert not reader.get(url, {"area": "nonsense"}).context["cl"].result_list


def test_a_password_that_is_set_here_leaves_an_entry_and_a_bad_one_none(reader: Client) -> None:
    user = make_user()
    url = reverse("admin:auth_user_password_change", args=[user.pk])
    passwords = {"password1": "a long enough one", "password2": "another one", "usable_password": "true"}
    assert reader.post(url, passwords).status_code == 200
    assert not Entry.objects.filter(kind="person.changed").exists()
    assert reader.post(url, passwords | {"password2": "a long enough one"}).status_code == 302
    entry = Entry.objects.get(kind="person.changed")
    assert (entry.object_ref, entry.detail) == (user.pk, {"changed": ["password"]})


def test_groups_leave_entries_and_are_not_deleted(reader: Client) -> None:
    reader.post("/admin/auth/group/add/", {"name": "night shift"})
    group = Group.objects.get()
    url = f"/admin/auth/group/{group.pk}"
    assert "permissions" not in reader.get(f"{url}/change/").text.lower()
    reader.post(f"{url}/change/", {"name": "day shift"})
    assert reader.post(f"{url}/delete/", {"post": "yes"}).status_code == 403
    many = {"action": "delete_selected", "_selected_action": [group.pk], "post": "yes"}
    reader.post("/admin/auth/group/", many)
    assert Group.objects.get().name == "day shift"
    kinds = Entry.objects.filter(object_kind="group").order_by("pk").values_list("kind", "object_name")
    assert list(kinds) == [("group.created", "night shift"), ("group.changed", "day shift")]
    assert not may(make_user(), VIEW, make_swarm())
