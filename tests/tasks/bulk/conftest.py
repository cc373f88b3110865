"""A swarm, and somebody who operates it."""

from typing import Any

import pytest

from agents.models import Swarm
from tests.agents.factories import make_swarm, make_user


@pytest.fixture
def swarm() -> Swarm:
    return make_swarm()


@pytest.fixture
def user(swarm: Swarm) -> Any:
    return make_user("operator", swarm)
