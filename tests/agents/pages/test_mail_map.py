"""Who writes to whom: counted from rows, bounded, with a table behind the picture."""

import itertools
from itertools import pairwise

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from agents.models import Agent, Message
from agents.selectors import mail_map
from agents.selectors.mail_map import read_map
from audit.actors import agent as agent_actor
from tests.agents.factories import make_agent, make_message, make_swarm
from tests.agents.pages.conftest import Cast


def write(sender: Agent, recipient: Agent, number: int = 1) -> None:
    for n in range(number):
        make_message(recipient, actor=agent_actor(sender.pk, sender.name), subject=f"Letter {n}")


def test_letters_are_counted_each_way_and_lost_ones_apart(cast: Cast) -> None:
    other = make_agent(cast.swarm, "Editor")
    write(cast.agent, other, 3)
    write(other, cast.agent)
    Message.objects.filter(recipient=cast.agent).update(status="dead")

    seen = read_map(cast.swarm)

    assert [(wire.sender.name, wire.recipient.name, wire.letters, wire.lost) for wire in seen.wires] == [
        ("Reader", "Editor", 3, 0),
        ("Editor", "Reader", 1, 1),
    ]
    assert (seen.letters, seen.hidden) == (4, 0)


def test_people_are_one_place_of_the_map(cast: Cast) -> None:
    make_message(cast.agent)

    (wire,) = read_map(cast.swarm).wires

    assert (wire.sender.name, wire.recipient.name) == ("operators", "Reader")


def test_the_map_shows_the_most_active_and_says_how_many_it_hides(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    agents = [make_agent(cast.swarm, f"A{n}") for n in range(4)]
    write(agents[0], agents[1], 5)
    write(agents[2], agents[3])
    monkeypatch.setattr(mail_map, "MOST_NODES", 2)

    seen = read_map(cast.swarm)

    assert [node.name for node in seen.nodes] == ["A0", "A1"]
    assert (len(seen.wires), seen.hidden, seen.letters) == (1, 2, 6)


@pytest.mark.parametrize(("count", "view"), [(16, "0 108 660 444"), (17, "0 0 660 660")])
def test_many_names_point_outwards_and_all_can_be_read(cast: Cast, count: int, view: str) -> None:
    agents = [make_agent(cast.swarm, f"A{n:02}") for n in range(count)]
    for sender, recipient in pairwise(agents):
        write(sender, recipient)

    seen = read_map(cast.swarm)

    assert (len(seen.nodes), seen.view) == (count, view)
    assert any(node.turn for node in seen.nodes) is (count > 16)
    assert all(-90 <= node.turn <= 90 or 270 <= node.turn <= 450 for node in seen.nodes)  # none stands on its head
    assert {node.anchor for node in seen.nodes if node.x < 300} == {"end"}
    assert {node.anchor for node in seen.nodes if node.x > 360} == {"start"}


def test_only_the_newest_letters_are_counted(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    other = make_agent(cast.swarm, "Editor")
    write(cast.agent, other, 4)
    monkeypatch.setattr(mail_map, "LETTERS", 3)

    assert read_map(cast.swarm).letters == 3


def test_letters_of_other_swarms_are_not_on_the_map(cast: Cast) -> None:
    foreign = make_swarm()
    write(make_agent(foreign, "Foreign"), make_agent(foreign, "Far"))

    assert read_map(cast.swarm).wires == []
    assert "No mail yet" in cast.viewer.get(reverse("swarm_view", args=[cast.swarm.pk])).text


def test_the_queries_do_not_grow(cast: Cast) -> None:
    counts = []
    for number in (3, 30):
        agents = [make_agent(cast.swarm, f"B{number}-{n}") for n in range(number)]
        for one, two in itertools.pairwise(agents):
            write(one, two)
        with CaptureQueriesContext(connection) as queries:
            read_map(cast.swarm)
        counts.append(len(queries))
    assert counts == [2, 2]


def test_parts_of_the_swarm_page_answer_alone(cast: Cast) -> None:
    write(cast.agent, make_agent(cast.swarm, "Editor"))
    url = reverse("swarm_view", args=[cast.swarm.pk])

    for part, shown in (("map", 'id="swarm-map"'), ("spend", 'id="swarm-spend"')):
        answer = cast.viewer.get(url, {"part": part}, headers={"HX-Request": "true"})
        assert shown in answer.text
        assert "<html" not in answer.text
