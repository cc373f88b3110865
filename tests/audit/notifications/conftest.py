"""A push service on loopback, and people with devices."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pytest_django import Settings

from agents.models import Swarm
from audit.actors import SYSTEM, person
from audit.attention import raise_item
from audit.models import AttentionItem, PushSubscription
from audit.notifications.subscriptions import subscribe
from tests.agents.factories import make_swarm, make_user
from tests.standins.push_service import PushService, run_push_service


@pytest.fixture(autouse=True)
def notify_settings(settings: Settings, tmp_path: Path) -> Settings:
    """A home of its own, and leave to send to this host."""
    settings.VICTOR_HOME = tmp_path
    settings.VICTOR_NOTIFY_PRIVATE = True
    settings.VICTOR_NOTIFY_SCHEMAS = ["json", "mailtos", "ntfy"]
    return settings


@pytest.fixture
def service() -> Iterator[PushService]:
    """A push service."""
    with run_push_service() as running:
        yield running


@pytest.fixture
def swarm(db: None) -> Swarm:
    """Where things wait."""
    return make_swarm("desk")


@pytest.fixture
def operator(swarm: Swarm) -> Any:
    """Somebody who may settle them."""
    return make_user("operator", swarm)


@pytest.fixture
def phone(service: PushService, operator: Any) -> PushSubscription:
    """The operator's phone."""
    return add_device(service, operator)


def add_device(service: PushService, user: Any, name: str = "phone") -> PushSubscription:
    """Let somebody subscribe a device."""
    return subscribe(actor=person(user), user=user, name=name, target=service.handset(name).target)


def ask(swarm: Swarm, ref: int = 1, kind: str = "question", **fields: Any) -> AttentionItem:
    """Raise an item."""
    given = {"title": "Which of the two?", "agent_name": "editor", "severity": 60, "object_kind": "attempt", **fields}
    return raise_item(actor=SYSTEM, kind=kind, object_ref=ref, swarm_ref=swarm.pk, **given)
