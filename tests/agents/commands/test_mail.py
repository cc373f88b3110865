"""`victor mail`."""

import io

import pytest

from agents.models import Message
from tests.agents.commands.conftest import Victor
from tests.agents.factories import make_agent, make_message, make_swarm, make_user


def test_send_delivers_and_prints_the_id(victor: Victor, monkeypatch: pytest.MonkeyPatch) -> None:
    make_agent(name="Reader")
    monkeypatch.setattr("sys.stdin", io.StringIO("From a pipe."))

    ran = victor("mail", "send", "--to", "Reader", "--subject", "Hello", "--body", "-")

    message = Message.objects.get()
    assert ran.out.strip() == str(message.pk)
    assert (message.body, message.sender_name) == ("From a pipe.", "operator")


def test_send_with_a_key_delivers_once(victor: Victor) -> None:
    make_agent(name="Reader")
    act = ("mail", "send", "--to", "Reader", "--subject", "Hello", "--key", "k", "--json")

    assert [victor(*act).document["is_new"], victor(*act).document["is_new"]] == [True, False]
    assert Message.objects.count() == 1


def test_a_viewer_may_list_and_not_send(victor: Victor) -> None:
    agent = make_agent()
    make_message(agent)
    viewer = make_user("viewer", agent.swarm)

    denied = victor("mail", "send", "--to", agent.pk, "--subject", "Hello", "--as", viewer.username)

    assert denied.code == 1
    assert Message.objects.count() == 1
    assert victor("mail", "list", "--as", viewer.username, "--json").document["total"] == 1


def test_list_filters_by_swarm_agent_and_status(victor: Victor) -> None:
    agent = make_agent(name="Reader")
    make_message(agent, subject="Yes")
    make_message(swarm=agent.swarm, subject="To operators")
    make_message(swarm=make_swarm(), subject="Elsewhere")

    by_swarm = victor("mail", "list", "--swarm", agent.swarm.name, "--json").document
    by_agent = victor("mail", "list", "--agent", "Reader", "--status", "delivered", "--json").document

    assert [item["subject"] for item in by_swarm["items"]] == ["To operators", "Yes"]
    assert by_swarm["items"][0]["recipient_name"] == "operators"
    assert [item["subject"] for item in by_agent["items"]] == ["Yes"]


def test_redirect_and_replay_with_a_key_make_one_copy(victor: Victor) -> None:
    reader = make_agent(name="Reader")
    heir = make_agent(reader.swarm, "Heir")
    letter = make_message(reader)
    for _ in range(2):
        assert victor("mail", "redirect", letter.pk, "--to", "Heir", "--key", "on").code == 0
        assert victor("mail", "replay", letter.pk, "--key", "again").code == 0
    assert Message.objects.filter(recipient=heir).count() == 1
    assert Message.objects.filter(recipient=reader, subject__startswith="Again: ").count() == 1
