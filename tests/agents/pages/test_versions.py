"""Versions of an agent: kept with the change that made them, compared on their page."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from agents.models import Agent, AgentVersion, Provider
from agents.services.agents import change_agent, retire_agent
from audit.models import Entry
from tests.agents.factories import OPERATOR, make_agent, make_provider
from tests.agents.pages.conftest import Cast
from victoros.lib.errors import Conflict


def url_of(agent: Agent) -> str:
    return reverse("agent_versions", args=[agent.pk])


def test_each_change_of_how_it_works_is_kept_with_its_author(cast: Cast) -> None:
    change_agent(actor=OPERATOR, agent=cast.agent, instructions="Quote loosely.", tools=["read_file"])
    change_agent(actor=OPERATOR, agent=cast.agent, role="another word for it")

    kept = list(AgentVersion.objects.filter(agent=cast.agent).values_list("n", "instructions", "tools", "by"))
    assert kept[0] == (2, "Quote loosely.", ["read_file"], "tester")
    assert [row[0] for row in kept] == [2, 1]


def test_a_change_that_is_refused_keeps_nothing(cast: Cast) -> None:
    other = make_agent(cast.swarm, "Taken")

    with pytest.raises(Conflict):
        change_agent(actor=OPERATOR, agent=cast.agent, name=other.name, instructions="Never kept.")

    assert AgentVersion.objects.filter(agent=cast.agent).count() == 1


def test_the_page_shows_what_changed_against_the_version_before(cast: Cast) -> None:
    change_agent(actor=OPERATOR, agent=cast.agent, instructions="Quote loosely.", tools=["read_file"])

    page = cast.viewer.get(url_of(cast.agent)).text

    assert "Version 1 to 2" in page
    assert "<del>exactly</del>" in page
    assert "<ins>loosely</ins>" in page
    assert "<ins>read_file</ins>" in page


def test_any_two_versions_can_be_compared_and_the_first_stands_alone(cast: Cast) -> None:
    for words in ("Two.", "Three."):
        change_agent(actor=OPERATOR, agent=cast.agent, instructions=words)

    assert "Version 1 to 3" in cast.viewer.get(url_of(cast.agent), {"n": 3, "with": 1}).text
    assert "<ins>" not in cast.viewer.get(url_of(cast.agent), {"n": 1}).text


def test_strangers_and_versions_that_are_not_kept_are_not_found(cast: Cast) -> None:
    assert cast.viewer.get(url_of(cast.agent)).status_code == 200
    assert cast.stranger.get(url_of(cast.agent)).status_code == 404
    assert cast.viewer.get(url_of(cast.agent), {"n": 99}).status_code == 404
    assert cast.viewer.get(url_of(cast.agent), {"n": "x"}).status_code == 400


def test_an_agent_without_kept_versions_says_so(cast: Cast) -> None:
    AgentVersion.objects.all().delete()

    assert "No version was kept" in cast.viewer.get(url_of(cast.agent)).text


def test_a_thousand_versions_cost_the_same_queries_page_by_page(cast: Cast) -> None:
    counts = []
    for number in (10, 1000):
        AgentVersion.objects.filter(agent=cast.agent).delete()
        AgentVersion.objects.bulk_create(
            AgentVersion(agent=cast.agent, n=n, program="loop") for n in range(1, number + 1)
        )
        with CaptureQueriesContext(connection) as queries:
            page = cast.viewer.get(url_of(cast.agent))
        counts.append(len(queries))
    assert counts[0] == counts[1]
    assert len(page.context["page"].rows) == 50
    assert "Version 900" in cast.viewer.get(url_of(cast.agent), {"after": 901}).text


def test_an_admin_lets_it_work_as_before_by_a_new_version(cast: Cast) -> None:
    provider = make_provider()
    change_agent(actor=OPERATOR, agent=cast.agent, provider=provider)
    change_agent(actor=OPERATOR, agent=cast.agent, instructions="Quote loosely.", tools=["read_file"], provider=None)
    assert "Use version 2 again" in cast.admin.get(url_of(cast.agent)).text
    asked = cast.admin.get(reverse("agent_version_use", args=[cast.agent.pk]) + "?n=2").text
    assert "Its instructions become those of version 2." in asked
    assert f"provider: nothing → {provider.name}" in asked

    answer = cast.admin.post(reverse("agent_version_use", args=[cast.agent.pk]), {"n": "2", "known": "3"})

    assert answer.status_code == 302
    agent = Agent.objects.get(pk=cast.agent.pk)
    assert (agent.version, agent.instructions, agent.tools, agent.provider) == (4, "Quote exactly.", [], provider)
    assert AgentVersion.objects.get(agent=agent, n=4).instructions == "Quote exactly."
    entry = Entry.objects.filter(kind="agent.changed", object_ref=agent.pk).latest("pk")
    assert (entry.detail["as_version"], entry.detail["version"]) == (2, 4)


def test_using_the_version_in_use_changes_nothing(cast: Cast) -> None:
    cast.admin.post(reverse("agent_version_use", args=[cast.agent.pk]), {"n": "1"})
    assert AgentVersion.objects.filter(agent=cast.agent).count() == 1
    assert not Entry.objects.filter(kind="agent.changed").exists()


def test_only_admins_go_back_to_a_version(cast: Cast) -> None:
    change_agent(actor=OPERATOR, agent=cast.agent, instructions="Quote loosely.")
    url = reverse("agent_version_use", args=[cast.agent.pk])
    for role, status in (("stranger", 404), ("viewer", 403), ("operator", 403)):
        assert cast[role].post(url, {"n": "1"}).status_code == status
        assert cast[role].get(url + "?n=1").status_code == status
    assert "Use again" not in cast.operator.get(url_of(cast.agent)).text
    assert Agent.objects.get(pk=cast.agent.pk).version == 2


def test_what_cannot_be_used_again_is_refused(cast: Cast) -> None:
    provider = make_provider()
    change_agent(actor=OPERATOR, agent=cast.agent, provider=provider)
    change_agent(actor=OPERATOR, agent=cast.agent, provider=None)
    url = reverse("agent_version_use", args=[cast.agent.pk])
    for given, status in (({"n": "9"}, 404), ({}, 400), ({"n": "x"}, 400), ({"n": "1", "known": "2"}, 409)):
        assert cast.admin.post(url, given).status_code == status
    archive_provider(provider)
    assert cast.admin.post(url, {"n": "2"}).status_code == 409
    retire_agent(actor=OPERATOR, agent=cast.agent)
    assert cast.admin.post(url, {"n": "1"}).status_code == 409
    assert "Use again" not in cast.admin.get(url_of(cast.agent)).text
    assert Agent.objects.get(pk=cast.agent.pk).version == 3


def archive_provider(provider: Provider) -> None:
    Provider.objects.filter(pk=provider.pk).update(archived_at=timezone.now())
