"""The page of providers."""

import re
from collections import Counter
from html import unescape

import pytest
from django.test import Client
from django.urls import reverse

from agents.models import Agent, Provider
from agents.selectors.agents import find_provider
from agents.selectors.providers import PAGE
from agents.services.agents import retire_agent
from agents.services.providers import connection_of
from tests.agents.factories import OPERATOR, make_agent, make_provider, make_swarm, make_user
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


def test_limits_over_all_cells_are_set_shown_and_taken_away(owner: Client) -> None:
    owner.post(reverse("provider_new"), {**FIELDS, "requests_per_min": 1200})
    provider = Provider.objects.get()
    assert "over all cells: 1,200 requests a minute" in owner.get(reverse("provider_list")).content.decode()

    owner.post(reverse("provider_edit", args=[provider.pk]), {**FIELDS, "requests_per_min": "", "total_concurrent": 5})

    provider.refresh_from_db()
    assert (provider.requests_per_min, provider.total_concurrent) == (0, 5)


def names_on(client: Client, query: str = "") -> tuple[list[str], dict[str, str]]:
    """Return the providers of a page in order, and where its pager leads by relation."""
    body = client.get(reverse("provider_list") + query).content.decode()
    leads = {rel: unescape(query) for rel, query in re.findall(r'rel="(\w+)" href="(\?[^"]*)"', body)}
    return re.findall(r'aria-label="Provider ([^"]+)"', body), leads


def test_many_providers_come_in_pages_by_name_the_default_before_them(owner: Client) -> None:
    Provider.objects.bulk_create(Provider(name=f"p {n:02}", kind="scripted", model="m") for n in range(PAGE + 3))
    Provider.objects.create(name="zz", kind="scripted", model="m", is_default=True)

    first, leads = names_on(owner)
    assert first == ["zz", *(f"p {n:02}" for n in range(PAGE))]
    assert "prev" not in leads
    second, back = names_on(owner, leads["next"])
    assert second == [f"p {n:02}" for n in range(PAGE, PAGE + 3)]
    assert "next" not in back
    assert names_on(owner, back["prev"])[0] == first


def test_of_many_providers_one_is_found_by_a_part_of_its_name_or_model(owner: Client) -> None:
    for n in range(30):
        make_provider(f"Gateway {n:02}", model="large" if n == 7 else "small")
    url = reverse("provider_list")

    def found(**query: str) -> list[str]:
        return [line.provider.name for line in owner.get(url, query).context["page"].rows]

    assert 'name="q"' in owner.get(url).content.decode()
    assert found(q="WAY 12") == ["Gateway 12"]
    assert found(q="large") == ["Gateway 07"]
    assert found(q="large", state="failed") == []
    assert "No provider fits this choice" in owner.get(url, {"q": "<nobody>"}).content.decode()


def test_a_few_providers_need_neither_pager_nor_choice(owner: Client) -> None:
    make_provider("one")
    body = owner.get(reverse("provider_list")).content.decode()
    assert 'class="pager"' not in body
    assert "?state=failed" not in body


def test_the_board_leads_to_the_providers_that_failed_their_test(owner: Client) -> None:
    for name, test_ok in (("good", True), ("broken", False), ("new", None)):
        Provider.objects.filter(pk=make_provider(name).pk).update(test_ok=test_ok)

    assert f'href="{reverse("provider_list")}?state=failed"' in owner.get(reverse("home")).content.decode()
    assert names_on(owner, "?state=failed")[0] == ["broken"]
    assert names_on(owner, "?state=ok")[0] == ["good"]
    assert names_on(owner, "?state=unknown")[0] == ["new"]
    Provider.objects.filter(name="broken").update(test_ok=True)
    assert "No provider fits this choice" in owner.get(reverse("provider_list") + "?state=failed").content.decode()


@pytest.mark.parametrize("query", ["?state=odd", "?after=odd", "?before=7", "?sort=name", "?sort=-"])
def test_a_choice_that_is_none_is_refused(owner: Client, query: str) -> None:
    assert owner.get(reverse("provider_list") + query).status_code == 400


def test_prices_stand_as_in_price_lists(owner: Client) -> None:
    provider = make_provider("Main")
    Provider.objects.filter(pk=provider.pk).update(price_in_per_mtok="0.200000", price_out_per_mtok="15.000000")
    assert "$0.20 in, $15 out" in owner.get(reverse("provider_list")).content.decode()


def test_a_provider_counts_all_that_ask_it_whoever_chose_it(owner: Client) -> None:
    house, shared, alone = make_provider("House"), make_provider("Shared"), make_provider("Alone")
    plain, choosing = make_swarm("plain"), make_swarm("choosing", provider=shared)
    for swarm, own, number in ((plain, None, 2), (choosing, None, 3), (choosing, alone, 1), (plain, house, 1)):
        for _ in range(number):
            make_agent(swarm, provider=own)
    retire_agent(actor=OPERATOR, agent=make_agent(choosing))

    lines = {line.provider.name: line for line in owner.get(reverse("provider_list")).context["page"].rows}

    asked = Counter(found.name for agent in Agent.objects.filter(retired_at=None) if (found := find_provider(agent)[0]))
    assert {name: line.agents for name, line in lines.items()} == asked == {"House": 3, "Shared": 3, "Alone": 1}
    assert lines["House"].uses == ["1 by name", "2 that name none"]
    assert lines["Shared"].uses == ["3 by their swarm"]
