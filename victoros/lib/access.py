"""Who may see what, as ids: the scope that lists are filtered by in apps below the one that owns the rights."""

from dataclasses import dataclass
from typing import Any, Protocol, cast

from django.conf import settings
from django.db.models import Q
from django.utils.module_loading import import_string


@dataclass(frozen=True)
class Scope:
    """The swarms and workspaces somebody may look at; `everything` overrides both lists."""

    everything: bool = False
    swarm_ids: frozenset[int] = frozenset()
    workspace_ids: frozenset[int] = frozenset()

    def as_filter(self) -> Q:
        """Return the condition on rows that carry `swarm_ref` and `workspace_ref`."""
        if self.everything:
            return Q()
        return Q(swarm_ref__in=self.swarm_ids) | Q(workspace_ref__in=self.workspace_ids)


class ScopeResolver(Protocol):
    """What `settings.VICTOR_SCOPE` names: a function from a user and `view`, `operate` or `administer` to a scope."""

    def __call__(self, user: Any, action: str = ...) -> Scope: ...


def scope_of(user: Any, action: str = "view") -> Scope:
    """Return what `user` may look at, or operate, from the app that owns the rights (see `settings.VICTOR_SCOPE`)."""
    resolver = cast(ScopeResolver, import_string(settings.VICTOR_SCOPE))
    return resolver(user, action)
