"""Giving and taking roles."""

import pytest

from agents.permissions import list_roles, may
from agents.services.roles import grant_role, revoke_role
from audit.models import Entry
from tests.agents.factories import OPERATOR, make_swarm, make_user
from victoros.lib.errors import InvalidInput, NotFound

pytestmark = pytest.mark.django_db


def test_a_role_replaces_the_one_before_and_is_recorded() -> None:
    swarm, user = make_swarm(), make_user()

    assert grant_role(actor=OPERATOR, username=user.username, role="admin", holder=swarm) is True
    assert grant_role(actor=OPERATOR, username=user.username, role="viewer", holder=swarm) is True
    assert grant_role(actor=OPERATOR, username=user.username, role="viewer", holder=swarm) is False

    assert (may(user, "view", swarm), may(user, "operate", swarm)) == (True, False)
    assert list_roles(swarm) == {user.username: "viewer"}
    entry = Entry.objects.filter(kind="role.granted")[0]
    assert entry.detail == {"role": "viewer", "before": "admin", "on": f"swarm {swarm.name}"}


def test_a_role_taken_away_is_gone_and_recorded_once() -> None:
    swarm, user = make_swarm(), make_user()
    grant_role(actor=OPERATOR, username=user.username, role="operator", holder=swarm.workspace)
    assert may(user, "operate", swarm)

    assert revoke_role(actor=OPERATOR, username=user.username, holder=swarm.workspace) is True
    assert revoke_role(actor=OPERATOR, username=user.username, holder=swarm.workspace) is False

    assert not may(user, "view", swarm)
    assert Entry.objects.filter(kind="role.revoked").count() == 1


def test_unknown_people_and_roles_are_refused() -> None:
    swarm, user = make_swarm(), make_user()

    with pytest.raises(NotFound, match="no active person named 'nobody'"):
        grant_role(actor=OPERATOR, username="nobody", role="viewer", holder=swarm)
    with pytest.raises(InvalidInput, match="no role 'king'"):
        grant_role(actor=OPERATOR, username=user.username, role="king", holder=swarm)

    assert not Entry.objects.filter(kind="role.granted").exists()
