"""Giving and taking roles on swarms and workspaces."""

from typing import Any

from django.contrib.auth import get_user_model
from django.db import transaction
from django.utils.translation import gettext as _

from agents.models import Swarm, Workspace
from agents.permissions import grant, list_roles, revoke
from audit import topics
from audit.actors import Actor
from audit.events import Fact, Kind, record
from victoros.lib.errors import NotFound


def grant_role(*, actor: Actor, username: str, role: str, holder: Swarm | Workspace) -> bool:
    """Give somebody exactly `role` on `holder`; False when they have it. Records `role.granted`."""
    user = _find_person(username)
    with transaction.atomic():
        before = list_roles(_lock(holder)).get(user.get_username(), "")
        if before == role:
            return False
        grant(user, role, holder)
        _tell(Kind.ROLE_GRANTED, actor, user, holder, {"role": role, "before": before})
    return True


def revoke_role(*, actor: Actor, username: str, holder: Swarm | Workspace) -> bool:
    """Take away the role somebody has on `holder` itself; False when they have none. Records `role.revoked`."""
    user = _find_person(username)
    with transaction.atomic():
        before = list_roles(_lock(holder)).get(user.get_username(), "")
        if not before:
            return False
        revoke(user, holder)
        _tell(Kind.ROLE_REVOKED, actor, user, holder, {"before": before})
    return True


def _find_person(username: str) -> Any:
    user = get_user_model().objects.filter(username=username.strip(), is_active=True).first()
    if user is None:
        raise NotFound(
            _("There is no active person named %(value)s.") % {"value": repr(username.strip()[:80])},
            hint=_("User names are exact. `./victor person add NAME` on the server adds a person."),
        )
    return user


def _lock(holder: Swarm | Workspace) -> Swarm | Workspace:
    """Hold the row, so that two changes of roles on it come one after the other."""
    return type(holder).objects.select_for_update().get(pk=holder.pk)


def _tell(kind: Kind, actor: Actor, user: Any, holder: Swarm | Workspace, detail: dict[str, str]) -> None:
    workspace = holder.pk if isinstance(holder, Workspace) else holder.workspace_id
    swarm = None if isinstance(holder, Workspace) else holder.pk
    on = f"{'workspace' if swarm is None else 'swarm'} {holder.name}"
    record(
        Fact(
            kind,
            actor,
            "person",
            user.pk,
            user.get_username(),
            workspace_ref=workspace,
            swarm_ref=swarm,
            detail={**detail, "on": on},
        )
    )
    topics.bump(["swarms", "audit", "rights"])
