"""Short ways to make people, workspaces, swarms and agents for tests; through the services, so that all rules hold."""

from itertools import count
from typing import Any

from django.contrib.auth import get_user_model

from agents.models import Agent, Message, Provider, Swarm, Workspace
from agents.permissions import grant
from agents.services.agents import create_agent
from agents.services.mail import send_message
from agents.services.providers import add_provider
from agents.services.swarms import create_swarm
from audit.actors import Actor, person

OPERATOR = Actor("person", None, "tester")
_numbers = count(1)


def make_user(role: str = "", holder: Swarm | Workspace | None = None, *, superuser: bool = False) -> Any:
    """Make a person; with a role, on the given swarm or workspace."""
    name = f"{role or 'person'}{next(_numbers)}"
    user = get_user_model().objects.create_user(name, is_superuser=superuser, is_staff=superuser)
    if role and holder is not None:
        grant(user, role, holder)
    return user


def make_workspace(name: str = "") -> Workspace:
    """Make a workspace."""
    return Workspace.objects.create(name=name or f"Workspace {next(_numbers)}")


def make_swarm(name: str = "", **fields: Any) -> Swarm:
    """Make a swarm, in a workspace of its own unless one is given."""
    workspace = fields.pop("workspace", None) or make_workspace()
    return create_swarm(actor=OPERATOR, workspace=workspace, name=name or f"Swarm {next(_numbers)}", **fields)


def make_agent(swarm: Swarm | None = None, name: str = "", **fields: Any) -> Agent:
    """Make an agent, in a swarm of its own unless one is given."""
    return create_agent(actor=OPERATOR, swarm=swarm or make_swarm(), name=name or f"Agent {next(_numbers)}", **fields)


def make_provider(name: str = "", **fields: Any) -> Provider:
    """Make a scripted provider."""
    given = {"kind": "scripted", "model": "echo", **fields}
    return add_provider(actor=OPERATOR, name=name or f"Provider {next(_numbers)}", **given)


def make_message(recipient: Agent | None = None, swarm: Swarm | None = None, **fields: Any) -> Message:
    """Send a letter from the system."""
    target = swarm or (recipient.swarm if recipient else make_swarm())
    given = {"subject": "Hello", "actor": fields.pop("actor", person_actor()), **fields}
    return send_message(swarm=target, recipient=recipient, **given)[0]


def person_actor() -> Actor:
    """Return a signed-in person's actor."""
    return person(make_user())
