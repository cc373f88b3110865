"""Every row of the tasks app can be inspected in the admin, and none changed."""

import pytest
from django.contrib import admin
from django.urls import reverse

from tasks.models import Attempt, Dependency, Effect, Lease, Outbox
from tests.tasks.pages.conftest import SignedIn
from tests.tasks.pages.rows import make_approval, make_attempt, make_steps, make_task

pytestmark = pytest.mark.django_db
MODELS = [model for model in admin.site._registry if model._meta.app_label == "tasks"]


def make_one_of_each() -> Attempt:
    attempt = make_attempt(make_task(status="in_progress"), status="running")
    make_steps(attempt, 2)
    make_approval(attempt)
    Effect.objects.create(key="k" * 64, attempt=attempt, step_n=2, tool="write_file")
    Dependency.objects.create(task=make_task(attempt.swarm), on=attempt.task)
    Lease.objects.create(name="reconciler", holder="test", until=attempt.created_at)
    Outbox.objects.create(kind="work")
    return attempt


def test_every_kind_of_row_is_registered() -> None:
    assert len(MODELS) == 9


@pytest.mark.parametrize("model", MODELS, ids=lambda model: str(model._meta.model_name))
def test_lists_and_rows_open_and_nothing_can_be_added_or_deleted(signed_in: SignedIn, model: type) -> None:
    make_one_of_each()
    client, row = signed_in(), model.objects.first()  # type: ignore[attr-defined]
    name = f"admin:tasks_{model._meta.model_name}"  # type: ignore[attr-defined]

    assert client.get(reverse(f"{name}_changelist")).status_code == 200
    assert client.get(reverse(f"{name}_change", args=[row.pk])).status_code == 200
    assert client.get(reverse(f"{name}_add")).status_code == 403
    assert client.post(reverse(f"{name}_delete", args=[row.pk]), {"post": "yes"}).status_code == 403
    assert model.objects.filter(pk=row.pk).exists()  # type: ignore[attr-defined]
