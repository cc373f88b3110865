"""Giving and taking roles."""

import pytest
from django.contrib.auth.models import Group
from django.db import connection
from django.test.utils import CaptureQueriesContext
from guardian.shortcuts import assign_perm

from agents.permissions import ADMINISTER, OPERATE, VIEW, grant, list_roles, may, scope_of_user, swarm_ids_for
from agents.services.roles import grant_role, revoke_role
from audit.models import Entry
from tests.agents.factories import OPERATOR, make_swarm, make_user, make_workspace
from victoros.lib.access import Scope
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


def test_every_way_to_a_right_is_found_in_one_query() -> None:
    own, of_group, of_place, of_groups_place, others = (make_swarm() for _ in range(5))
    empty, group, user = make_workspace(), Group.objects.create(name="night shift"), make_user()
    user.groups.add(group)
    grant(user, "operator", own)
    grant(user, "admin", of_place.workspace)
    grant(user, "viewer", empty)
    assign_perm("view_swarm", group, of_group)
    assign_perm("operate_workspace", group, of_groups_place.workspace)

    with CaptureQueriesContext(connection) as queries:
        scopes = {action: scope_of_user(user, action) for action in (VIEW, OPERATE, ADMINISTER)}

    assert len(queries) == 1
    assert scopes[VIEW].swarm_ids == {own.pk, of_group.pk, of_place.pk}
    assert scopes[OPERATE].swarm_ids == {own.pk, of_place.pk, of_groups_place.pk}
    assert scopes[ADMINISTER].swarm_ids == {of_place.pk}
    assert scopes[VIEW].workspace_ids == {of_place.workspace_id, empty.pk}
    assert scopes[OPERATE].workspace_ids == {of_place.workspace_id, of_groups_place.workspace_id}
    assert scopes[ADMINISTER].workspace_ids == {of_place.workspace_id}
    for action, scope in scopes.items():
        assert scope.swarm_ids == swarm_ids_for(user, action)
        assert others.pk not in scope.swarm_ids


def test_who_was_given_nothing_or_is_switched_off_may_see_nothing() -> None:
    swarm, stranger = make_swarm(), make_user()
    left = make_user("admin", swarm)
    left.is_active = False

    for user in (stranger, left):
        for action in (VIEW, OPERATE, ADMINISTER):
            scope = scope_of_user(user, action)
            assert scope == Scope()
