"""The personas of the pages' tests."""

from dataclasses import dataclass
from typing import Any

import pytest
from django.test import Client

from agents.models import Agent, Swarm
from tests.agents.factories import make_agent, make_swarm, make_user


@dataclass(frozen=True)
class Cast:
    """A swarm with one agent, and somebody in each role on it, signed in."""

    swarm: Swarm
    agent: Agent
    stranger: Client
    viewer: Client
    operator: Client
    admin: Client

    def __getitem__(self, role: str) -> Client:
        client: Client = getattr(self, role)
        return client


@pytest.fixture
def cast(db: None) -> Cast:
    """Make the swarm Desk with the agent Reader; rights hang on the workspace."""
    swarm = make_swarm("Desk")
    agent = make_agent(swarm, "Reader", instructions="Quote exactly.", capabilities=["read"])
    clients = {role: sign_in(make_user(role, swarm.workspace)) for role in ("viewer", "operator", "admin")}
    return Cast(swarm, agent, sign_in(make_user()), **clients)


def sign_in(user: Any) -> Client:
    """Return a browser of somebody who has signed in."""
    client = Client()
    client.force_login(user)
    return client
