"""Making, changing and retiring agents."""

from importlib import import_module

import pytest
from django.apps import apps
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from agents.models import Agent
from agents.services import agents
from agents.services.agents import change_agent, create_agent, retire_agent
from audit.models import AttentionItem, Entry
from tests.agents.factories import OPERATOR, make_agent, make_message, make_provider, make_swarm
from victoros.lib.errors import Conflict, InvalidInput

pytestmark = pytest.mark.django_db


def test_a_new_agent_is_running_idle_and_recorded() -> None:
    agent = create_agent(
        actor=OPERATOR, swarm=make_swarm(), name="Reader", capabilities=["write", "read", "read"], tools=["send_mail"]
    )

    assert (agent.desired_state, agent.status, agent.version) == ("running", "idle", 1)
    assert agent.capabilities == ["read", "write"]
    assert agent.tools == ["send_mail"]
    assert Entry.objects.get(kind="agent.created").object_name == "Reader"


@pytest.mark.parametrize("word", ["Read", "two words", "-x", "x" * 41, "größe"])
def test_a_capability_that_is_no_plain_word_is_refused(word: str) -> None:
    with pytest.raises(InvalidInput, match="cannot be a capability"):
        make_agent(capabilities=[word])


def test_a_tool_must_exist() -> None:
    with pytest.raises(InvalidInput, match="no tool named 'teleport'"):
        make_agent(tools=["teleport"])


@pytest.mark.parametrize("number", [0, -1, 1001])
def test_an_agent_works_on_one_to_a_thousand_tasks_at_once(number: int) -> None:
    with pytest.raises(InvalidInput, match="tasks at once"):
        make_agent(max_active=number)


def test_two_agents_of_a_swarm_cannot_share_a_name() -> None:
    first = make_agent(name="Reader")

    with pytest.raises(Conflict, match="already an agent named Reader"):
        make_agent(first.swarm, "Reader")


def test_the_name_of_a_retired_agent_is_free_again() -> None:
    first = make_agent(name="Reader")
    retire_agent(actor=OPERATOR, agent=first)

    assert make_agent(first.swarm, "Reader").pk != first.pk


def test_new_instructions_raise_the_version_and_a_new_name_does_not() -> None:
    agent = make_agent(name="Reader")

    renamed = change_agent(actor=OPERATOR, agent=agent, name="Scribe")
    taught = change_agent(actor=OPERATOR, agent=agent, instructions="Quote exactly.", provider=make_provider())

    assert (renamed.version, taught.version) == (1, 2)
    assert Entry.objects.filter(kind="agent.changed")[0].detail["version"] == 2


def test_a_change_made_on_an_old_version_is_refused() -> None:
    agent = make_agent()
    change_agent(actor=OPERATOR, agent=agent, expected_version=1, instructions="Mine.")

    with pytest.raises(Conflict, match="Somebody else changed"):
        change_agent(actor=OPERATOR, agent=agent, expected_version=1, instructions="Theirs.")

    assert Agent.objects.get(pk=agent.pk).instructions == "Mine."


def test_retiring_an_agent_makes_its_unread_mail_dead_letters_that_wait_for_a_person() -> None:
    agent = make_agent()
    letter = make_message(agent)

    assert retire_agent(actor=OPERATOR, agent=agent) is True
    assert retire_agent(actor=OPERATOR, agent=agent) is False

    letter.refresh_from_db()
    assert letter.status == "dead"
    assert AttentionItem.objects.get(kind="dead_letter").object_ref == letter.pk
    assert Entry.objects.filter(kind="agent.retired").count() == 1


def test_an_agent_with_unfinished_attempts_is_not_retired() -> None:
    agent = make_agent()
    Agent.objects.filter(pk=agent.pk).update(waiting=1)

    with pytest.raises(Conflict, match="1 unfinished"):
        retire_agent(actor=OPERATOR, agent=agent)


def test_a_retired_agent_is_not_changed() -> None:
    agent = make_agent()
    retire_agent(actor=OPERATOR, agent=agent)

    with pytest.raises(Conflict, match="retired"):
        change_agent(actor=OPERATOR, agent=agent, role="ghost")


def test_a_name_that_differs_in_capitals_only_is_refused() -> None:
    first = make_agent(name="Übersetzer")
    other = make_agent(first.swarm, "Checker")

    for name in ("checker", "CHECKER", "übersetzer"):
        with pytest.raises(Conflict, match="differs in capitals only"):
            make_agent(first.swarm, name)
    with pytest.raises(Conflict, match="already an agent named Übersetzer"):
        change_agent(actor=OPERATOR, agent=other, name="übersetzer")
    assert change_agent(actor=OPERATOR, agent=other, name="checker").name == "checker"
    assert make_agent(make_swarm(), "checker").name == "checker"


def test_agents_that_were_alike_before_can_still_be_changed() -> None:
    first = make_agent(name="Checker")
    second = make_agent(first.swarm, "Other")
    Agent.objects.filter(pk=second.pk).update(name="checker", twin=1)  # as the migration leaves it

    assert change_agent(actor=OPERATOR, agent=second, name="checker", role="reads").role == "reads"
    with pytest.raises(Conflict, match="differs in capitals only"):
        make_agent(first.swarm, "CHECKER")
    renamed = change_agent(actor=OPERATOR, agent=second, name="proof-reader")
    assert renamed.twin == 0


@pytest.mark.parametrize("name", ["checker", "Checker"])
def test_two_who_take_a_name_at_once_are_told_apart(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    swarm = make_swarm()
    looks = iter([lambda agent: Agent.objects.create(swarm=swarm, name="Checker")])
    look = agents._refuse_likeness
    monkeypatch.setattr(agents, "_refuse_likeness", lambda agent: next(looks, look)(agent))

    with pytest.raises(Conflict, match="already an agent named Checker in this swarm"):
        create_agent(actor=OPERATOR, swarm=swarm, name=name)
    assert not Entry.objects.filter(kind="agent.created").exists()


def test_the_database_keeps_names_apart_too() -> None:
    first = make_agent(name="Checker")
    with pytest.raises(IntegrityError), transaction.atomic():
        Agent.objects.create(swarm=first.swarm, name="checker")
    retire_agent(actor=OPERATOR, agent=first)
    assert Agent.objects.create(swarm=first.swarm, name="checker").pk


def test_the_migration_leaves_agents_that_are_alike_as_they_are() -> None:
    swarm = make_swarm()
    rows = [("Checker", 0), ("editor", 0), ("checker", 8), ("CHECKER", 9)]
    made = [Agent.objects.create(swarm=swarm, name=name, twin=twin) for name, twin in rows]
    Agent.objects.create(swarm=make_swarm(), name="checker")

    import_module("agents.migrations.0015_number_twins").number_twins(apps, None)

    found = dict(Agent.objects.values_list("pk", "twin"))
    assert [found[agent.pk] for agent in made] == [0, 0, 1, 2]
    assert sum(found.values()) == 3


def test_a_name_is_compared_with_thousands_through_an_index() -> None:
    swarm = make_swarm()
    Agent.objects.bulk_create(Agent(swarm=swarm, name=f"agent {n}") for n in range(3_000))
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    with CaptureQueriesContext(connection) as asked:
        make_agent(swarm, "Agent x")
    looks = [query["sql"] for query in asked if "LOWER" in query["sql"]]
    assert len(looks) == 1
    with connection.cursor() as cursor:
        cursor.execute(f"{'EXPLAIN' if connection.vendor == 'postgresql' else 'EXPLAIN QUERY PLAN'} {looks[0]}")
        plan = str(cursor.fetchall())
    assert "agent_name_alike_once" in plan
