"""`victor audit list`: the record, cut to what the asker may see."""

import pytest

from audit.models import Entry
from tests.agents.factories import make_agent, make_user
from tests.commands.conftest import Victor

pytestmark = pytest.mark.django_db


def test_entries_are_documents_newest_first(victor: Victor) -> None:
    agent = make_agent()
    document = victor("audit", "list", "--json", "--limit", 2).document

    assert document["total"] == Entry.objects.count()
    assert [item["kind"] for item in document["items"]] == ["agent.created", "swarm.created"]
    assert document["items"][0]["object"] == f"agent {agent.pk} {agent.name}"
    assert document["items"][0]["status"] == "recorded"
    assert document["next"] == document["items"][1]["id"]


def test_filters_narrow_the_record(victor: Victor) -> None:
    agent = make_agent()
    make_agent()

    def ids(*words: object) -> list[int]:
        return [item["object_ref"] for item in victor("audit", "list", *words, "--json").document["items"]]

    assert ids("--object", f"agent:{agent.pk}") == [agent.pk]
    assert ids("--swarm", agent.swarm.pk, "--kind", "agent.created") == [agent.pk]
    assert len(ids("--kind", "agent.")) == 2
    assert ids("--by", "nobody") == []


@pytest.mark.parametrize("words", [("--kind", "agent.danced"), ("--object", "agent"), ("--object", "agent:x")])
def test_nonsense_is_refused(victor: Victor, words: tuple[str, ...]) -> None:
    assert victor("audit", "list", *words).code == 2


def test_a_stranger_sees_nothing_of_it(victor: Victor) -> None:
    agent = make_agent()
    viewer, stranger = make_user("viewer", agent.swarm), make_user()

    assert victor("audit", "list", "--json", "--as", viewer.username).document["total"] == 2
    assert victor("audit", "list", "--json", "--as", stranger.username).document["total"] == 0
