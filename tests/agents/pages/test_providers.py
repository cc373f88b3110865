"""The page of providers."""

import pytest
from django.test import Client
from django.urls import reverse

from agents.models import Provider
from agents.services.providers import connection_of
from tests.agents.factories import make_provider, make_user
from tests.agents.pages.conftest import Cast, sign_in

pytestmark = pytest.mark.django_db
FIELDS = {
    "name": "Main",
    "kind": "openai",
    "base_url": "http://127.0.0.1:9/v1",
    "model": "m",
    "max_concurrent": 8,
    "timeout_s": 5,
}


@pytest.fixture
def owner() -> Client:
    """The browser of a superuser."""
    return sign_in(make_user(superuser=True))


def test_a_provider_is_added_with_its_key_sealed(owner: Client) -> None:
    owner.post(reverse("provider_new"), {**FIELDS, "key": "sk-secret"})

    provider = Provider.objects.get()
    assert connection_of(provider).api_key == "sk-secret"
    for url in (reverse("provider_list"), reverse("provider_edit", args=[provider.pk])):
        body = owner.get(url).content.decode()
        assert "sk-secret" not in body
        assert provider.sealed_key not in body


def test_an_empty_key_keeps_the_one_there_is_and_forgetting_is_asked_for(owner: Client) -> None:
    provider = make_provider("Main", kind="openai", base_url=FIELDS["base_url"], model="m", key="sk-secret")
    url = reverse("provider_edit", args=[provider.pk])

    owner.post(url, {**FIELDS, "model": "m2", "key": ""})
    assert connection_of(Provider.objects.get()).api_key == "sk-secret"

    owner.post(url, {**FIELDS, "model": "m2", "key": "", "forget_key": "on"})
    assert connection_of(Provider.objects.get()).api_key == ""


def test_a_new_address_does_not_get_the_old_key(owner: Client) -> None:
    provider = make_provider(
        "Main", kind="openai", base_url=FIELDS["base_url"], model="m", key="sk-secret", key_env="LLM_KEY"
    )

    owner.post(
        reverse("provider_edit", args=[provider.pk]),
        {**FIELDS, "base_url": "http://evil.example.com", "key": "", "key_env": "LLM_KEY"},
    )

    moved = Provider.objects.get()
    assert (moved.sealed_key, moved.key_env) == ("", "")


def test_only_superusers_may_name_variables(cast: Cast, owner: Client) -> None:
    cast.admin.post(reverse("provider_new"), {**FIELDS, "key_env": "AWS_SECRET_ACCESS_KEY"})

    assert Provider.objects.get().key_env == ""
    assert b"key_env" not in cast.admin.get(reverse("provider_new")).content
    assert b"key_env" in owner.get(reverse("provider_new")).content


def test_the_live_test_writes_its_verdict_where_it_was_asked(owner: Client) -> None:
    good, bad = make_provider("Good"), make_provider("Bad", kind="openai", base_url="http://127.0.0.1:9/v1")

    answers = [
        owner.post(reverse("provider_test", args=[row.pk]), headers={"HX-Request": "true"}) for row in (good, bad)
    ]

    assert [answer.status_code for answer in answers] == [204, 204]
    body = owner.get(reverse("provider_list")).content.decode()
    assert "answers" in body
    assert "does not answer" in body
    bad.refresh_from_db()
    assert bad.test_message in body.replace("&#x27;", "'")


def test_another_default_is_chosen_from_the_page(owner: Client) -> None:
    make_provider("First")
    second = make_provider("Second")

    owner.post(reverse("provider_default", args=[second.pk]))

    assert Provider.objects.get(is_default=True) == second


def test_nonsense_comes_back_on_the_form(owner: Client) -> None:
    answer = owner.post(reverse("provider_new"), {**FIELDS, "base_url": "nope"})

    assert answer.status_code == 422
    assert "is no usable address" in answer.content.decode()
    assert not Provider.objects.exists()
