"""The first operator and one-time sign-in links."""

import pytest
from django.contrib.auth import get_user_model

from agents.models import Provider, SignInLink, Workspace
from agents.services.first_run import LinkRefused, check_link, ensure_operator, make_sign_in_link, use_link
from audit.actors import SYSTEM
from audit.models import Entry
from tests.agents.factories import make_user
from victoros.lib.errors import NotFound

pytestmark = pytest.mark.django_db


def token_of(path: str) -> str:
    assert path.startswith("/welcome/")
    return path.removeprefix("/welcome/").strip("/")


def test_a_first_run_makes_operator_workspace_provider_and_a_link_that_signs_in() -> None:
    path = ensure_operator()

    assert path is not None
    user = use_link(token_of(path))
    assert (user.username, user.is_superuser, user.has_usable_password()) == ("operator", True, False)
    assert Workspace.objects.get().name == "Home"
    assert (Provider.objects.get().kind, Provider.objects.get().is_default) == ("embedded", True)
    assert Entry.objects.filter(kind="person.signed_in").count() == 1


def test_each_start_gives_a_fresh_link_until_one_was_used() -> None:
    first = ensure_operator()
    second = ensure_operator()

    assert first is not None
    assert second is not None
    assert first != second
    with pytest.raises(LinkRefused):
        use_link(token_of(first))
    use_link(token_of(second))
    assert ensure_operator() is None
    assert get_user_model().objects.count() == 1


def test_a_link_works_once() -> None:
    token = token_of(ensure_operator() or "")
    use_link(token)

    with pytest.raises(LinkRefused, match="used before"):
        use_link(token)


def test_an_old_link_and_a_made_up_one_are_refused() -> None:
    token = token_of(ensure_operator() or "")
    SignInLink.objects.update(expires_at=SignInLink.objects.get().created_at)

    for bad in (token, "made-up"):
        with pytest.raises(LinkRefused):
            use_link(bad)


def test_the_token_itself_is_not_kept() -> None:
    token = token_of(ensure_operator() or "")

    assert token not in SignInLink.objects.get().digest


def test_a_link_can_be_made_for_a_named_person_and_not_for_nobody() -> None:
    person = make_user()

    assert use_link(token_of(make_sign_in_link(actor=SYSTEM, username=person.username))) == person
    with pytest.raises(NotFound, match="no active person named nobody") as refused:
        make_sign_in_link(actor=SYSTEM, username="nobody")
    assert "./victor person add nobody" in refused.value.hint
    assert "victor up" not in refused.value.hint


def test_no_link_is_made_for_an_account_that_is_switched_off() -> None:
    person = make_user()
    type(person).objects.update(is_active=False)

    with pytest.raises(NotFound) as refused:
        make_sign_in_link(actor=SYSTEM, username=person.username)
    assert "switched off" in refused.value.hint


def test_checking_a_link_leaves_it_usable_and_a_used_one_is_refused() -> None:
    token = token_of(ensure_operator() or "")

    check_link(token)
    use_link(token)
    with pytest.raises(LinkRefused):
        check_link(token)
