"""The Django admin shows rows to superusers, without secrets, and changes none."""

import pytest
from django.urls import reverse

from tests.agents.factories import make_agent, make_message, make_provider, make_user
from tests.agents.pages.conftest import sign_in

MODELS = ["workspace", "swarm", "agent", "message", "memory", "provider", "signinlink"]


@pytest.mark.django_db
@pytest.mark.parametrize("model", MODELS)
def test_superusers_look_at_lists_and_others_do_not(model: str) -> None:
    make_message(make_agent())
    make_provider()
    url = reverse(f"admin:agents_{model}_changelist")

    assert sign_in(make_user(superuser=True)).get(url).status_code == 200
    assert sign_in(make_user()).get(url).status_code != 200
    assert sign_in(make_user(superuser=True)).get(reverse(f"admin:agents_{model}_add")).status_code == 403


@pytest.mark.django_db
def test_a_provider_is_shown_without_its_key_and_cannot_be_changed() -> None:
    provider = make_provider(key="sk-secret")
    admin = sign_in(make_user(superuser=True))
    url = reverse("admin:agents_provider_change", args=[provider.pk])

    body = admin.get(url).content.decode()

    assert "sealed" not in body.lower()
    assert provider.sealed_key not in body
    assert admin.post(url, {"name": "Mine"}).status_code == 403
