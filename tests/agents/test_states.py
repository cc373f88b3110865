"""The state tables of agents and messages."""

import pytest

from agents.models import Agent, Message
from agents.models.swarm import DesiredState
from agents.states import AGENT, DESIRED, MESSAGE


def test_the_tables_name_every_state_of_the_rows() -> None:
    assert set(MESSAGE.table) == set(Message.Status.values)
    assert set(AGENT.table) == set(Agent.Status.values)
    assert set(DESIRED.table) == set(DesiredState.values)


@pytest.mark.parametrize("end", ["acknowledged", "expired", "dead"])
def test_a_settled_message_stays_as_it_is(end: str) -> None:
    assert not MESSAGE.table[end]
