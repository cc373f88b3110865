"""`victor provider`, `first_run` and `sign-in-link`."""

from decimal import Decimal

from agents.models import Provider
from tests.agents.commands.conftest import Victor
from tests.agents.factories import make_provider, make_swarm, make_user

ADD = ("provider", "add", "--kind", "openai", "--base-url", "http://127.0.0.1:9/v1", "--model", "m1")


def test_add_makes_a_provider_and_warns_of_an_unset_variable(victor: Victor) -> None:
    ran = victor(*ADD, "--key-env", "UNSET_LLM_KEY", "--default", "--json")

    provider = Provider.objects.get(name="openai m1")
    assert ran.document["id"] == provider.pk
    assert (provider.key_env, provider.is_default) == ("UNSET_LLM_KEY", True)
    assert "UNSET_LLM_KEY is not set here" in ran.err


def test_update_changes_what_is_given_and_keeps_the_rest(victor: Victor) -> None:
    victor(*ADD, "--requests-per-min", "60")

    ran = victor("provider", "update", "openai m1", "--total-concurrent", "20", "--price-in", "0.5", "--json")

    kept = ("requests_per_min", "total_concurrent", "max_concurrent", "timeout_s")
    assert [ran.document[name] for name in kept] == [60, 20, 8, 60]
    assert Provider.objects.get(name="openai m1").price_in_per_mtok == Decimal("0.5")
    assert victor("provider", "update", "openai m1").code == 2


def test_no_document_ever_holds_a_key(victor: Victor) -> None:
    make_provider("Sealed", key="sk-secret")

    ran = victor("provider", "list", "--json")

    assert "sealed_key" not in ran.out
    assert [item["has_key"] for item in ran.document["items"]] == [True, False]


def test_only_admins_add_and_test(victor: Victor) -> None:
    swarm = make_swarm()
    operator = make_user("operator", swarm.workspace)
    admin = make_user("admin", swarm.workspace)

    assert victor(*ADD, "--as", operator.username).code == 1
    assert victor(*ADD, "--as", admin.username).code == 0
    assert Provider.objects.filter(model="m1").count() == 1


def test_the_test_of_a_working_provider_succeeds_and_keeps_the_verdict(victor: Victor) -> None:
    make_provider("Double")

    ran = victor("provider", "test", "Double", "--json")

    assert (ran.code, ran.document["status"]) == (0, "ok")
    assert Provider.objects.get(name="Double").test_ok is True


def test_the_test_of_a_dead_address_fails_with_the_category(victor: Victor) -> None:
    victor(*ADD, "--name", "Dead")

    ran = victor("provider", "test", "Dead", "--json")

    assert (ran.code, ran.document["status"], ran.document["error_category"]) == (1, "failing", "network")


def test_first_run_gives_a_link_as_a_document(victor: Victor) -> None:
    assert victor("first_run", "--json").document["link"].startswith("/welcome/")


def test_a_sign_in_link_is_made_for_a_person_who_exists(victor: Victor) -> None:
    assert "/welcome/" in victor("sign_in_link").out
    assert victor("sign_in_link", "--user", "nobody").code == 1
