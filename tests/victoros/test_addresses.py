"""Addresses in templates: found once, and the same that Django's own tag writes."""

from typing import Any

import pytest
from django.template import Context, Template
from django.test import Client, override_settings
from django.urls import NoReverseMatch, reverse, set_script_prefix

from tests.agents.factories import make_user
from victoros.templatetags import addresses


def write(tag: str, **names: object) -> str:
    return Template(tag).render(Context(names))


def test_an_address_is_looked_for_once(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[object] = []

    def find(name: str, conf: str, args: tuple[int, ...]) -> str:
        asked.append(args)
        return reverse(name, conf, args)

    monkeypatch.setattr(addresses, "reverse", find)
    addresses._find.cache_clear()
    assert [write("{% url 'task_view' pk %}", pk=pk) for pk in (1, 2, 1)] == ["/tasks/1/", "/tasks/2/", "/tasks/1/"]
    assert asked == [(1,), (2,)]


def test_it_may_be_kept_under_a_name_and_is_escaped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(addresses, "reverse", lambda name, conf, args: "/a&b/")
    addresses._find.cache_clear()
    assert write("{% url 'home' as there %}{{ there }} {% url 'home' %}") == "/a&amp;b/ /a&amp;b/"
    assert write("{% autoescape off %}{% url 'home' %}{% endautoescape %}") == "/a&b/"
    addresses._find.cache_clear()


def test_what_there_is_not_is_an_error_or_an_empty_name() -> None:
    with pytest.raises(NoReverseMatch):
        write("{% url 'task_view' pk %}", pk="")
    assert write("{% url 'task_view' pk as there %}({{ there }})", pk="") == "()"


def test_names_within_django_s_own_pages_and_unusual_values_are_left_to_django() -> None:
    assert write("{% url 'admin:index' %}") == reverse("admin:index")
    with pytest.raises(NoReverseMatch):
        write("{% url 'task_view' pk %}", pk=True)


def test_a_prefix_of_the_site_and_other_addresses_count() -> None:
    plain = write("{% url 'task_view' 1 %}")
    try:
        set_script_prefix("/below/")
        assert write("{% url 'task_view' 1 %}") == f"/below{plain}"
    finally:
        set_script_prefix("/")
    with override_settings(ROOT_URLCONF="django.contrib.auth.urls"), pytest.raises(NoReverseMatch):
        write("{% url 'task_view' 1 %}")


@pytest.mark.django_db
def test_a_page_asked_for_again_looks_for_none_of_its_addresses(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[object] = []

    def find(name: str, *rest: Any) -> str:
        asked.append(name)
        return reverse(name, *rest)

    client = Client()
    client.force_login(make_user(superuser=True))
    client.get("/tasks/")
    monkeypatch.setattr(addresses, "reverse", find)
    monkeypatch.setattr("django.urls.reverse", find)  # what Django's own tag asks
    client.get("/tasks/")
    assert asked == []
