"""The state tables of agents and messages."""

import pytest

from agents.models import Agent, Message
from agents.models.swarm import DesiredState
from agents.states import AGENT, DESIRED, MESSAGE, describe_status


def test_the_tables_name_every_state_of_the_rows() -> None:
    assert set(MESSAGE.table) == set(Message.Status.values)
    assert set(AGENT.table) == set(Agent.Status.values)
    assert set(DESIRED.table) == set(DesiredState.values)


@pytest.mark.parametrize("end", ["acknowledged", "expired", "dead"])
def test_a_settled_message_stays_as_it_is(end: str) -> None:
    assert not MESSAGE.table[end]


@pytest.mark.parametrize(
    ("desired", "swarm", "active", "waiting", "status"),
    [
        ("running", "running", 0, 0, "idle"),
        ("running", "running", 2, 1, "busy"),
        ("running", "running", 0, 1, "waiting"),
        ("paused", "running", 0, 1, "paused"),
        ("paused", "running", 1, 0, "shutting_down"),
        ("running", "stopped", 0, 0, "stopped"),
        ("stopped", "paused", 0, 0, "stopped"),
    ],
)
def test_wishes_and_counts_make_the_status(desired: str, swarm: str, active: int, waiting: int, status: str) -> None:
    assert describe_status(desired=desired, swarm_desired=swarm, active=active, waiting=waiting) == status
