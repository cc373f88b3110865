"""Adding, changing and asking providers; their keys stay secret."""

from decimal import Decimal
from typing import Any

import pytest
from pytest_django import Settings

from agents.models import Provider
from agents.services.keys import KeyUnreadable
from agents.services.providers import change_provider, connection_of, make_default
from audit.models import Entry
from tests.agents.factories import OPERATOR, make_provider
from victoros.lib.errors import Conflict, InvalidInput

pytestmark = pytest.mark.django_db

SECRET = "sk-very-secret"


def make_remote(**fields: Any) -> Provider:
    return make_provider(kind="openai", model="gpt", base_url="https://llm.example.com/v1", **fields)


def test_a_key_is_sealed_at_rest_and_opened_only_for_the_connection() -> None:
    provider = make_remote(key=SECRET)

    assert SECRET not in provider.sealed_key
    assert connection_of(provider).api_key == SECRET
    assert SECRET not in str(list(Entry.objects.values()))
    assert SECRET not in repr(connection_of(provider))


def test_limits_of_none_or_zero_are_none_and_others_make_it_limited() -> None:
    provider = make_remote(total_concurrent=None, requests_per_min=0)
    assert not connection_of(provider).is_limited

    changed = change_provider(actor=OPERATOR, provider=provider, tokens_per_min=9000)

    assert connection_of(changed).is_limited
    with pytest.raises(InvalidInput):
        change_provider(actor=OPERATOR, provider=provider, requests_per_min=-1)


def test_a_key_from_the_named_variable_wins(monkeypatch: pytest.MonkeyPatch) -> None:
    provider = make_remote(key=SECRET, key_env="TEST_LLM_KEY")
    assert connection_of(provider).api_key == SECRET

    monkeypatch.setenv("TEST_LLM_KEY", "from-environment")

    assert connection_of(provider).api_key == "from-environment"


def test_a_key_sealed_under_another_secret_gives_a_clear_error(settings: Settings) -> None:
    provider = make_remote(key=SECRET)
    settings.SECRET_KEY = "another"

    with pytest.raises(KeyUnreadable, match="VICTOR_SECRET_KEY"):
        connection_of(provider)


def test_a_new_address_forgets_the_key() -> None:
    provider = make_remote(key=SECRET, key_env="TEST_LLM_KEY")

    moved = change_provider(actor=OPERATOR, provider=provider, base_url="https://elsewhere.example.com")

    assert (moved.sealed_key, moved.key_env) == ("", "")
    assert Entry.objects.filter(kind="provider.changed")[0].detail == {"fields": ["base_url", "key", "key_env"]}


def test_other_changes_keep_the_key_and_forget_the_last_verdict() -> None:
    provider = make_remote(key=SECRET)
    Provider.objects.update(test_ok=True)

    changed = change_provider(actor=OPERATOR, provider=provider, model="gpt-2", price_in_per_mtok="0.15")

    assert connection_of(changed).api_key == SECRET
    assert (changed.test_ok, changed.price_in_per_mtok) == (None, Decimal("0.15"))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("kind", "oracle"),
        ("base_url", "ftp://example.com"),
        ("base_url", "https://"),
        ("base_url", "https://me:secret@example.com"),
        ("base_url", "http://[broken"),
        ("key_env", "lower"),
        ("key_env", "VICTOR_SECRET_KEY"),
        ("price_in_per_mtok", "free"),
        ("price_out_per_mtok", Decimal(-1)),
        ("max_concurrent", 0),
        ("timeout_s", 4000),
        ("model", ""),
    ],
)
def test_nonsense_is_refused(field: str, value: Any) -> None:
    with pytest.raises(InvalidInput):
        change_provider(actor=OPERATOR, provider=make_remote(), **{field: value})


def test_two_providers_cannot_share_a_name() -> None:
    make_provider("Main")

    with pytest.raises(Conflict, match="already a provider named Main"):
        make_provider("Main")


def test_the_first_provider_is_the_default_until_another_is_chosen() -> None:
    first, second = make_provider(), make_provider()
    assert (first.is_default, second.is_default) == (True, False)

    assert make_default(actor=OPERATOR, provider=second) is True
    assert make_default(actor=OPERATOR, provider=second) is False

    assert Provider.objects.get(is_default=True) == second


def test_an_embedded_provider_is_asked_where_up_started_it(settings: Settings) -> None:
    settings.VICTOR_LLM_URL = "http://127.0.0.1:4321"

    assert connection_of(make_provider(kind="embedded")).base_url == "http://127.0.0.1:4321"
