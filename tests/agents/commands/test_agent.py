"""`victor agent`, and what all commands share: documents, errors, exit codes."""

from agents.models import Agent
from agents.services.agents import change_agent
from audit.models import Entry
from tests.agents.commands.conftest import Victor
from tests.agents.factories import OPERATOR, make_agent, make_swarm, make_user


def test_create_prints_the_id_and_acts_as_the_first_superuser(victor: Victor) -> None:
    swarm = make_swarm("Desk")

    ran = victor("agent", "create", "--swarm", "Desk", "--name", "Reader", "--capabilities", "read,write")

    agent = Agent.objects.get()
    assert (ran.code, ran.out.strip()) == (0, str(agent.pk))
    assert (agent.swarm, agent.capabilities) == (swarm, ["read", "write"])
    assert Entry.objects.get(kind="agent.created").actor_name == "operator"


def test_a_document_has_id_status_and_the_fields_of_the_row(victor: Victor) -> None:
    agent = make_agent(name="Reader")

    document = victor("agent", "show", "Reader", "--json").document

    assert document["id"] == agent.pk
    assert document["status"] == "idle"
    assert document["swarm"] == agent.swarm_id
    assert document["swarm_name"] == agent.swarm.name
    assert document["desired_state"] == "running"


def test_a_list_is_paged_by_next(victor: Victor) -> None:
    swarm = make_swarm()
    newest_first = [make_agent(swarm).pk for _ in range(3)][::-1]

    first = victor("agent", "list", "--json", "--limit", 2).document
    second = victor("agent", "list", "--json", "--limit", 2, "--after", first["next"]).document

    assert [item["id"] for item in first["items"] + second["items"]] == newest_first
    assert (first["total"], second["next"]) == (3, None)


def test_a_list_for_people_is_a_table_that_says_how_much_there_is(victor: Victor) -> None:
    swarm = make_swarm("Desk")
    for name in ("Reader", "Editor"):
        make_agent(swarm, name)

    shown = victor("agent", "list", "--limit", 1).out

    assert "Editor" in shown
    assert "Reader" not in shown
    assert "1 of 2; more with --after" in shown


def test_what_agents_are_called_cannot_steer_the_terminal(victor: Victor) -> None:
    agent = make_agent()
    change_agent(actor=OPERATOR, agent=agent, instructions="\x1b[2Jwiped")

    assert "\x1b" not in victor("agent", "show", agent.pk).out


def test_errors_say_what_to_do_and_exit_1_or_2(victor: Victor) -> None:
    unknown = victor("agent", "show", "nobody")
    refused = victor("agent", "create", "--swarm", make_swarm().pk, "--name", "")
    misused = victor("agent", "shwo")

    assert (unknown.code, refused.code, misused.code) == (1, 2, 2)
    assert "There is no agent 'nobody'." in unknown.err
    assert "victor agent list" in unknown.err
    assert unknown.out == refused.out == misused.out == ""


def test_with_json_errors_are_documents_too(victor: Victor) -> None:
    for arguments in (("show", "nobody"), ("shwo",), ("list", "--limit", "many"), ("list", "--limit", "0")):
        error = victor("agent", *arguments, "--json").document["error"]
        assert set(error) == {"category", "message", "hint", "id"}
        assert error["category"] == "validation"


def test_json_may_stand_before_the_act(victor: Victor) -> None:
    assert victor("agent", "--json", "list").document["items"] == []


def test_as_acts_with_that_persons_rights(victor: Victor) -> None:
    agent = make_agent()
    viewer = make_user("viewer", agent.swarm)
    stranger = make_user()

    denied = victor("agent", "pause", agent.pk, "--as", viewer.username, "--json")
    unseen = victor("agent", "show", agent.pk, "--as", stranger.username, "--json")
    nobody = victor("agent", "list", "--as", "nobody", "--json")

    assert denied.document["error"]["category"] == "permission"
    assert unseen.document["error"]["message"].startswith("There is no agent")
    assert nobody.document["error"]["message"] == "There is no active person named 'nobody'."
    assert victor("agent", "show", agent.pk, "--as", viewer.username).code == 0


def test_pause_resume_and_stop_change_what_is_wanted(victor: Victor) -> None:
    agent = make_agent()

    for act, wanted in (("pause", "paused"), ("resume", "running"), ("stop", "stopped")):
        document = victor("agent", act, agent.pk, "--json").document
        assert (document["desired_state"], document["changed"]) == (wanted, True)
    assert victor("agent", "stop", agent.pk, "--json").document["changed"] is False


def test_an_agent_whose_name_is_a_number_is_found_by_it(victor: Victor) -> None:
    agent = make_agent(name="4711")

    assert victor("agent", "show", "4711", "--json").document["id"] == agent.pk
