"""Keeping lists under a name."""

from collections.abc import Iterable
from typing import Any
from urllib.parse import parse_qsl, urlencode

from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext, gettext_lazy

from agents.models import SavedView, Workspace
from agents.permissions import VIEW, may, scope_of_user
from audit.actors import person
from audit.events import Fact, Kind, record
from victoros.lib.errors import Conflict, InvalidInput, LimitReached, NotAllowed, NotFound

LISTS = {
    "task_list": gettext_lazy("Tasks"),
    "attempt_list": gettext_lazy("Attempts"),
    "agent_list": gettext_lazy("Agents"),
    "mail_room": gettext_lazy("Mail room"),
    "audit_list": gettext_lazy("Audit"),
    "approval_list": gettext_lazy("Needs me"),
}
"""Lists that can be kept, by URL name."""
MOST = 50
"""Views of one person on one list."""
LONGEST_QUERY = 1000
_NOT_KEPT = {"after", "before", "begin", "format", "bom", "alike", "all"}


@transaction.atomic
def save_view(
    *, user: Any, list_name: str, name: str, query: str, workspace: Workspace | None = None, replace: bool = False
) -> SavedView:
    """Keep the filters of a list under a name. Events: `view.saved`.

    A view of the owner's that has the name already is refused as a `Conflict`, or replaced with `replace`.
    """
    if list_name not in LISTS:
        raise InvalidInput(
            gettext("There is no list %(value)s.") % {"value": repr(list_name[:40])},
            hint=gettext("Lists are %(lists)s.") % {"lists": ", ".join(LISTS)},
        )
    _may_share(user, workspace)
    mine = SavedView.objects.filter(user=user, list_name=list_name)
    is_known = mine.filter(name=_clean(name)).exists()
    if is_known and not replace:
        raise Conflict(
            gettext("You have a view named %(name)s of this list already.") % {"name": repr(_clean(name))},
            hint=gettext("Choose another name, or say that this one replaces it."),
        )
    if mine.count() >= MOST and not is_known:
        raise LimitReached(
            gettext("You keep %(most)s views of this list already.") % {"most": MOST},
            hint=gettext("Delete one you no longer need."),
        )
    view, _ = SavedView.objects.update_or_create(
        user=user,
        list_name=list_name,
        name=_clean(name),
        defaults={"query": clean_query(query), "workspace": workspace},
    )
    _tell(Kind.VIEW_SAVED, user, view)
    return view


@transaction.atomic
def change_view(*, user: Any, view: SavedView, name: str, workspace: Workspace | None, is_default: bool) -> SavedView:
    """Rename, share and make it what the list opens with. Only its owner may. Events: `view.saved`."""
    _require_owner(user, view)
    _may_share(user, workspace)
    if is_default:
        SavedView.objects.filter(user=user, list_name=view.list_name, is_default=True).exclude(pk=view.pk).update(
            is_default=False
        )
    view.name, view.workspace, view.is_default = _clean(name), workspace, is_default
    try:
        with transaction.atomic():
            view.save(update_fields=["name", "workspace", "is_default"])
    except IntegrityError as error:
        raise Conflict(
            gettext("You have another view named %(name)s.") % {"name": repr(view.name)},
            hint=gettext("Choose another name."),
        ) from error
    _tell(Kind.VIEW_SAVED, user, view)
    return view


@transaction.atomic
def delete_view(*, user: Any, view: SavedView) -> None:
    """Forget a view. Only its owner may. Events: `view.deleted`."""
    _require_owner(user, view)
    _tell(Kind.VIEW_DELETED, user, view)
    view.delete()


def views_of(user: Any, list_name: str = "") -> QuerySet[SavedView]:
    """Return a person's own views and those shared with a workspace they may look at, by name."""
    scope = scope_of_user(user)
    shared = Q(workspace__isnull=False) if scope.everything else Q(workspace__in=scope.workspace_ids)
    if not scope.everything and scope.swarm_ids:
        shared |= Q(workspace__swarms__in=scope.swarm_ids)
    rows = SavedView.objects.filter(Q(user=user.pk) | shared).select_related("workspace", "user").distinct()
    return rows.filter(list_name=list_name) if list_name else rows


def find_view(user: Any, pk: int) -> SavedView:
    """Return a view this person may use; raise `NotFound` to anybody else."""
    view = views_of(user).filter(pk=pk).first()
    if view is None:
        raise NotFound(
            gettext("There is no view %(pk)s, or you may not see it.") % {"pk": pk},
            hint=gettext("Look at the views above the lists."),
        )
    return view


def find_default(user: Any, views: Iterable[SavedView]) -> SavedView | None:
    """Return with which of the views of a list it opens for this person, if they chose one."""
    return next((view for view in views if view.is_default and view.query and view.user_id == user.pk), None)


def clean_query(query: str) -> str:
    """Return the filters of an address in one order, without the page and without what is empty."""
    pairs = sorted({(name, value) for name, value in parse_qsl(query) if value and name not in _NOT_KEPT})
    cleaned = urlencode(pairs)
    if len(cleaned) > LONGEST_QUERY:
        raise InvalidInput(
            gettext("These filters are longer than %(longest_query)s characters.") % {"longest_query": LONGEST_QUERY},
            hint=gettext("Use fewer of them."),
        )
    return cleaned


def _clean(name: str) -> str:
    cleaned = " ".join(name.split())
    if not 0 < len(cleaned) <= 60:
        raise InvalidInput(gettext("A view needs a name of at most 60 characters."), hint=gettext("Say what it shows."))
    return cleaned


def _may_share(user: Any, workspace: Workspace | None) -> None:
    if workspace is not None and not may(user, VIEW, workspace):
        raise NotFound(
            gettext("There is no such workspace, or you may not see it."), hint=gettext("Choose one of yours.")
        )


def _require_owner(user: Any, view: SavedView) -> None:
    if view.user_id != user.pk:
        raise NotAllowed(
            gettext("%(name)s is %(user)s's view.") % {"name": view.name, "user": view.user},
            hint=gettext("Save your own; it may have the same name."),
        )


def _tell(kind: Kind, user: Any, view: SavedView) -> None:
    detail = {"list": view.list_name, "filters": view.query, "shared": view.workspace.name if view.workspace else ""}
    record(Fact(kind, person(user), "view", view.pk, view.name, workspace_ref=view.workspace_id, detail=detail))
