"""The pages of agents."""

from django.urls import reverse

from agents.models import Agent
from agents.selectors.agents import ORDERS
from agents.services.agents import change_agent, retire_agent
from tests.agents.factories import OPERATOR, make_agent, make_message, make_provider
from tests.agents.pages.conftest import Cast

FIELDS = {"name": "Reader", "max_active": 1, "version": 1}


def test_the_page_shows_identity_facts_mailbox_and_where_the_model_comes_from(cast: Cast) -> None:
    make_provider("House model")
    make_message(cast.agent, subject="Numbers")

    body = cast.viewer.get(reverse("agent_view", args=[cast.agent.pk])).content.decode()

    for shown in ("Reader", "Quote exactly.", "Numbers", "1 unread", "House model", "alive", "advancing", "right"):
        assert shown in body


def test_an_agent_without_any_provider_says_so(cast: Cast) -> None:
    assert b"no provider: it cannot think" in cast.viewer.get(reverse("agent_view", args=[cast.agent.pk])).content


def test_facts_nobody_can_know_are_unknown(cast: Cast) -> None:
    proof = cast.viewer.get(reverse("agent_view", args=[cast.agent.pk])).context["detail"].proof

    assert [fact.state for fact in proof] == ["unknown"] * 3
    assert [fact.name for fact in proof] == ["alive", "advancing", "right"]


def test_a_stop_that_is_not_confirmed_says_so(cast: Cast) -> None:
    url = reverse("agent_view", args=[cast.agent.pk])
    Agent.objects.update(desired_state="stopped", state_by="olga", status="shutting_down")

    assert b"not confirmed yet" in cast.viewer.get(url).content

    Agent.objects.update(status="stopped")

    assert b"not confirmed yet" not in cast.viewer.get(url).content


def test_the_list_filters_by_status_and_keeps_the_retired_apart(cast: Cast) -> None:
    busy, gone = make_agent(cast.swarm, "Busy"), make_agent(cast.swarm, "Gone")
    Agent.objects.filter(pk=busy.pk).update(status="busy")
    retire_agent(actor=OPERATOR, agent=gone)

    def names(**query: str | int) -> set[str]:
        page = cast.viewer.get(reverse("agent_list"), query).context["page"]
        return {row.agent.name for row in page.rows}

    assert names() == {"Busy", "Reader"}
    assert names(state="busy") == {"Busy"}
    assert names(state="retired") == {"Gone"}
    assert names(q="rea", swarm=cast.swarm.pk) == {"Reader"}


def test_the_first_tab_says_that_it_counts_those_in_service(cast: Cast) -> None:
    retire_agent(actor=OPERATOR, agent=make_agent(cast.swarm, "Gone"))

    body = cast.viewer.get(reverse("agent_list")).content.decode()

    assert 'aria-current="page">in service <span class="dim">1</span>' in body
    assert 'retired <span class="dim">1</span>' in body


def test_an_admin_adds_an_agent(cast: Cast) -> None:
    url = f"{reverse('agent_new')}?swarm={cast.swarm.pk}"

    answer = cast.admin.post(
        url, {"name": "Editor", "capabilities": "edit, write", "tools": ["send_mail"], "max_active": 3}
    )

    agent = Agent.objects.get(name="Editor")
    assert answer.headers["Location"] == reverse("agent_view", args=[agent.pk])
    assert (agent.capabilities, agent.tools, agent.max_active) == (["edit", "write"], ["send_mail"], 3)


def test_a_refused_agent_leaves_the_form_as_it_was_typed(cast: Cast) -> None:
    url = f"{reverse('agent_new')}?swarm={cast.swarm.pk}"

    answer = cast.admin.post(url, {"name": "Reader", "max_active": 1, "instructions": "Long work."})

    assert answer.status_code == 422
    assert "already an agent named Reader" in answer.content.decode()
    assert "Long work." in answer.content.decode()


def test_editing_raises_the_version(cast: Cast) -> None:
    cast.admin.post(
        reverse("agent_edit", args=[cast.agent.pk]), {**FIELDS, "instructions": "Be brief.", "capabilities": "read"}
    )

    cast.agent.refresh_from_db()
    assert (cast.agent.instructions, cast.agent.version) == ("Be brief.", 2)


def test_two_people_editing_at_once_do_not_overwrite_each_other(cast: Cast) -> None:
    change_agent(actor=OPERATOR, agent=cast.agent, instructions="Theirs.")

    answer = cast.admin.post(reverse("agent_edit", args=[cast.agent.pk]), {**FIELDS, "instructions": "Mine."})

    assert answer.status_code == 422
    assert "Somebody else changed" in answer.content.decode()
    cast.agent.refresh_from_db()
    assert cast.agent.instructions == "Theirs."


def test_retiring_asks_first_and_names_the_effect(cast: Cast) -> None:
    url = reverse("agent_retire", args=[cast.agent.pk])

    asked = cast.admin.get(url).content.decode()
    cast.agent.refresh_from_db()
    assert "dead letters" in asked
    assert cast.agent.retired_at is None

    cast.admin.post(url)
    cast.agent.refresh_from_db()
    assert cast.agent.retired_at is not None


def test_the_search_keeps_the_sort_and_the_menu_offers_every_order(cast: Cast) -> None:
    text = cast.viewer.get(f"/agents/?sort=-failed&state=idle&swarm={cast.swarm.pk}").text

    assert '<option value="-failed" selected>' in text
    assert f'<option value="{cast.swarm.pk}" selected>' in text
    assert '<input type="hidden" name="state" value="idle">' in text
    for name in ORDERS:
        assert f'<option value="{name}"' in text
        assert f'<option value="-{name}"' in text


def test_the_cost_of_agents_has_a_column_where_any_cost_something(cast: Cast) -> None:
    assert "sort=cost" not in cast.viewer.get("/agents/").text
    Agent.objects.filter(pk=cast.agent.pk).update(cost_nanos=1_230_000_000)

    text = cast.viewer.get("/agents/").text
    assert 'href="?sort=cost"' in text
    assert "$1.23" in text
