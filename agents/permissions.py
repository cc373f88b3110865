"""The one place that knows who may do what. Rights hang on swarms and workspaces; a workspace's reach into its swarms."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any, TypeVar

from django.db.models import CharField, Model, Q, QuerySet, Value
from django.utils.translation import gettext_noop
from guardian.shortcuts import assign_perm, remove_perm

from agents.models import (
    Swarm,
    SwarmGroupObjectPermission,
    SwarmUserObjectPermission,
    Workspace,
    WorkspaceGroupObjectPermission,
    WorkspaceUserObjectPermission,
)
from victoros.lib.access import Scope
from victoros.lib.errors import InvalidInput, NotAllowed, NotFound
from victoros.lib.sentences import sentence as _
from victoros.lib.wording import say_word

M = TypeVar("M", bound=Model)

VIEW, OPERATE, ADMINISTER = "view", gettext_noop("operate"), gettext_noop("administer")
_SCOPES = "_victor_scopes"
ROLES: dict[str, tuple[str, ...]] = {
    gettext_noop("viewer"): (VIEW,),
    gettext_noop("operator"): (VIEW, OPERATE),
    gettext_noop("admin"): (VIEW, OPERATE, ADMINISTER),
}


def may(user: Any, action: str, holder: Swarm | Workspace) -> bool:
    """Tell whether `user` may `view`, `operate` or `administer` the swarm or workspace. Two queries at most."""
    if not user.is_active or not user.is_authenticated:
        return False
    if user.is_superuser:
        return True
    if isinstance(holder, Workspace):
        return (
            _granted_workspaces(user, action).filter(content_object_id=holder.pk).exists()
            or _workspaces_by_group(user, action).filter(content_object_id=holder.pk).exists()
        )
    return holder.pk in swarm_ids_for(user, action, within=[holder.pk])


def require(user: Any, action: str, holder: Swarm | Workspace) -> None:
    """Raise `NotFound` to a stranger, `NotAllowed` to somebody who may look but not do this."""
    if may(user, action, holder):
        return
    if action != VIEW and may(user, VIEW, holder):
        noun = "workspace" if isinstance(holder, Workspace) else "swarm"
        raise NotAllowed(
            _("You may look at the %(noun)s %(name)s but not %(action)s it.")
            % {"noun": say_word(noun), "name": holder.name, "action": say_word(action)},
            hint=_("Ask an admin of the %(noun)s for the role %(value)s.")
            % {"noun": say_word(noun), "value": say_word("operator" if action == OPERATE else "admin")},
        )
    raise NotFound(_("There is nothing here, or you may not see it."), hint=_("Check the address, or ask for access."))


def swarm_ids_for(user: Any, action: str, within: Iterable[int] | None = None) -> frozenset[int]:
    """Return ids of the swarms on which `user`, not being a superuser, has `action`, by any of the four ways."""
    swarms = _swarms_for(user, action)
    if within is not None:
        swarms = swarms.filter(pk__in=list(within))
    return frozenset(swarms.values_list("pk", flat=True))


def scope_of_user(user: Any, action: str = VIEW) -> Scope:
    """Return what `user` may look at (or operate) as ids; named by `settings.VICTOR_SCOPE`.

    All actions are found at once for each user object, which lives as long as its request: a right given meanwhile counts from
    the next.
    """
    if not user.is_active or not user.is_authenticated:
        return Scope()
    if user.is_superuser:
        return Scope(everything=True)
    known: dict[str, Scope] | None = user.__dict__.get(_SCOPES)
    if known is None:
        known = user.__dict__[_SCOPES] = _find_scopes(user)
    return known[action]


def _find_scopes(user: Any) -> dict[str, Scope]:
    """Read every right on swarms and workspaces, and the swarms in those workspaces, in one query."""
    first, *others = _list_rights(user)
    ids: dict[tuple[str, str], set[int]] = defaultdict(set)
    for codename, noun, pk in first.union(*others, all=True):
        if pk is not None:  # a workspace without swarms
            ids[codename.partition("_")[0], noun].add(pk)
    return {
        action: Scope(swarm_ids=frozenset(ids[action, "swarm"]), workspace_ids=frozenset(ids[action, "workspace"]))
        for action in (VIEW, OPERATE, ADMINISTER)
    }


def _list_rights(user: Any) -> "list[QuerySet[Any, Any]]":
    """Return what was given to the person and to the person's groups: on swarms, on workspaces, and by these on swarms."""
    groups = user.groups.all()
    by_swarm: list[QuerySet[Any, Any]] = [
        SwarmUserObjectPermission.objects.filter(user=user),
        SwarmGroupObjectPermission.objects.filter(group__in=groups),
    ]
    by_workspace: list[QuerySet[Any, Any]] = [
        WorkspaceUserObjectPermission.objects.filter(user=user),
        WorkspaceGroupObjectPermission.objects.filter(group__in=groups),
    ]
    return [
        *(_as_rights(rows, "swarm", "content_object_id") for rows in by_swarm),
        *(_as_rights(rows, "workspace", "content_object_id") for rows in by_workspace),
        *(_as_rights(rows, "swarm", "content_object__swarms__pk") for rows in by_workspace),
    ]


def _as_rights(rows: "QuerySet[Any, Any]", noun: str, path: str) -> "QuerySet[Any, Any]":
    return rows.order_by().values_list("permission__codename", Value(noun, CharField()), path)


def _swarms_for(user: Any, action: str) -> QuerySet[Swarm]:
    by_group = _by_group(SwarmGroupObjectPermission.objects.all(), user, f"{action}_swarm")
    return Swarm.objects.filter(
        Q(pk__in=_granted_swarms(user, action).values("content_object_id"))
        | Q(pk__in=by_group.values("content_object_id"))
        | Q(workspace_id__in=_granted_workspaces(user, action).values("content_object_id"))
        | Q(workspace_id__in=_workspaces_by_group(user, action).values("content_object_id"))
    )


def _workspaces_by_group(user: Any, action: str) -> QuerySet[WorkspaceGroupObjectPermission]:
    return _by_group(WorkspaceGroupObjectPermission.objects.all(), user, f"{action}_workspace")


def visible_to(user: Any, rows: QuerySet[M], path: str = "swarm_id", action: str = VIEW) -> QuerySet[M]:
    """Filter `rows` to those whose swarm (at `path`; `pk` for swarms themselves) `user` may look at."""
    scope = scope_of_user(user, action)
    if scope.everything:
        return rows
    return rows.filter(**{f"{path}__in": scope.swarm_ids})


def may_change_providers(user: Any) -> bool:
    """Tell whether `user` may change providers, which serve the whole site: who administers some workspace."""
    scope = scope_of_user(user, ADMINISTER)
    return scope.everything or bool(scope.workspace_ids)


def grant(user: Any, role: str, holder: Swarm | Workspace) -> None:
    """Give `user` exactly `role` on `holder`, replacing the role held before. Call through a service."""
    if role not in ROLES:
        raise InvalidInput(
            _("There is no role %(role)s.") % {"role": repr(role)},
            hint=_("Roles are %(roles)s.") % {"roles": ", ".join(ROLES)},
        )
    noun = "workspace" if isinstance(holder, Workspace) else "swarm"
    for action in (VIEW, OPERATE, ADMINISTER):
        change = assign_perm if action in ROLES[role] else remove_perm
        change(f"{action}_{noun}", user, holder)
    user.__dict__.pop(_SCOPES, None)


def revoke(user: Any, holder: Swarm | Workspace) -> None:
    """Take away the role `user` was given on `holder` itself. Call through a service."""
    noun = "workspace" if isinstance(holder, Workspace) else "swarm"
    for action in (VIEW, OPERATE, ADMINISTER):
        remove_perm(f"{action}_{noun}", user, holder)
    user.__dict__.pop(_SCOPES, None)


def list_roles(holder: Swarm | Workspace) -> dict[str, str]:
    """Return the role of each person who was given one on `holder` itself, by user name in order. One query."""
    rows: QuerySet[Any] = (
        WorkspaceUserObjectPermission.objects.all()
        if isinstance(holder, Workspace)
        else SwarmUserObjectPermission.objects.all()
    )
    granted = rows.filter(content_object_id=holder.pk, user__is_active=True).values_list(
        "user__username", "permission__codename"
    )
    actions: dict[str, set[str]] = {}
    for name, codename in granted.order_by("user__username"):
        actions.setdefault(name, set()).add(codename.partition("_")[0])
    return {name: next(role for role in reversed(ROLES) if held >= set(ROLES[role])) for name, held in actions.items()}


def _granted_swarms(user: Any, action: str) -> QuerySet[SwarmUserObjectPermission]:
    return SwarmUserObjectPermission.objects.filter(user=user, permission__codename=f"{action}_swarm")


def _granted_workspaces(user: Any, action: str) -> QuerySet[WorkspaceUserObjectPermission]:
    return WorkspaceUserObjectPermission.objects.filter(user=user, permission__codename=f"{action}_workspace")


def _by_group(rows: QuerySet[M], user: Any, codename: str) -> QuerySet[M]:
    return rows.filter(group__in=user.groups.all(), permission__codename=codename)
