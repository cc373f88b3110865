"""Saved views: kept, changed and deleted from above their list."""

from typing import Any
from urllib.parse import urlsplit

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from agents.forms.fields import refuse
from agents.models import SavedView, Workspace
from agents.permissions import scope_of_user
from agents.services.views import LISTS, change_view, clean_query, delete_view, find_view, save_view, views_of
from victoros.lib.errors import Conflict, InvalidInput, VictorError
from victoros.lib.http import confirm, finish


class ViewForm(forms.Form):
    """What a view is called and who sees it."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=60)
    workspace = forms.ModelChoiceField(
        label=gettext_lazy("Seen by"),
        queryset=Workspace.objects.none(),
        required=False,
        empty_label=gettext_lazy("you alone"),
    )
    is_default = forms.BooleanField(label=gettext_lazy("The list opens with it"), required=False)

    def __init__(self, user: Any, data: Any = None, **given: Any) -> None:
        super().__init__(data, **given)
        field = self.fields["workspace"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = _workspaces(user)


class NewViewForm(ViewForm):
    """A view to be kept; once its name turned out to be taken, it may replace the one that has it."""

    replace = forms.BooleanField(label=gettext_lazy("Replace my view of this name"), required=False)

    def __init__(self, user: Any, data: Any = None, **given: Any) -> None:
        super().__init__(user, data, **given)
        if not self.data.get("replace"):
            self.fields["replace"].widget = forms.HiddenInput()

    def offer_to_replace(self) -> None:
        """Ask whether the view that has the name is meant."""
        self.fields["replace"].widget = forms.CheckboxInput()


def read_views(request: HttpRequest, list_name: str) -> list[SavedView]:
    """Return the reader's views of a list. One query, however often a request wants them."""
    known: dict[str, list[SavedView]] = request.__dict__.setdefault("victor_views", {})
    if list_name not in known:
        known[list_name] = list(views_of(request.user, list_name))
    return known[list_name]


@require_http_methods(["GET", "POST"])
def view_new(request: HttpRequest) -> HttpResponse:
    """Ask for a name (GET `?list=` and `query`), then keep the filters (POST)."""
    asked = request.POST if request.method == "POST" else request.GET
    list_name, query = asked.get("list", ""), clean_query(asked.get("query", ""))
    if list_name not in LISTS:
        raise InvalidInput(
            _("There is no list %(value)s.") % {"value": repr(list_name[:40])},
            hint=_("Lists are %(lists)s.") % {"lists": ", ".join(LISTS)},
        )
    form = NewViewForm(request.user, request.POST if request.method == "POST" else None)
    view = _save(request.user, list_name, query, form) if form.is_bound and form.is_valid() else None
    if view is not None:
        return redirect(view_url(view))
    asked_for = {
        "title": _("Keep this list under a name"),
        "text": _("%(list)s: %(query)s") % {"list": LISTS[list_name], "query": query or _("everything")},
        "action": reverse("view_new"),
        "hidden": {"list": list_name, "query": query},
        "form": form,
        "submit": _("Save"),
        "cancel": f"{reverse(list_name)}?{query}",
    }
    return confirm(request, asked_for)


@require_http_methods(["GET", "POST"])
def view_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Rename, share, make it the default; owners only."""
    view = find_view(request.user, pk)
    form = ViewForm(
        request.user,
        request.POST if request.method == "POST" else None,
        initial={"name": view.name, "workspace": view.workspace_id, "is_default": view.is_default},
    )
    if form.is_bound and form.is_valid() and _change(request.user, view, form):
        return finish(request, view_url(view), _("The view was changed."))
    context = {"view": view, "form": form, "back": view_url(view), "is_mine": view.user_id == request.user.pk}
    return render(request, "agents/view_edit.html", context, status=422 if form.is_bound else 200)


@require_http_methods(["GET", "POST"])
def view_delete(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask, then forget it."""
    view = find_view(request.user, pk)
    if request.method == "POST":
        delete_view(user=request.user, view=view)
        return finish(request, reverse(view.list_name), _("The view is gone; the rows it showed are not."))
    asked = {
        "title": _("Delete the view %(name)s?") % {"name": view.name},
        "effects": [_("Whoever it was shared with loses it too.")] if view.workspace else [],
        "undo": _("This cannot be undone; the same filters can be saved again."),
        "action": reverse("view_delete", args=[pk]),
        "submit": _("Delete"),
        "danger": True,
        "cancel": view_url(view),
    }
    return confirm(request, asked)


def view_url(view: SavedView) -> str:
    """Return the address of the list with the view's filters."""
    return f"{urlsplit(reverse(view.list_name)).path}?{view.query or 'all=1'}"


def _workspaces(user: Any) -> Any:
    scope = scope_of_user(user)
    rows = Workspace.objects.order_by("name")
    return rows if scope.everything else rows.filter(pk__in=scope.workspace_ids)


def _save(user: Any, list_name: str, query: str, form: NewViewForm) -> SavedView | None:
    said = dict(form.cleaned_data)
    is_default = said.pop("is_default")
    try:
        view = save_view(user=user, list_name=list_name, query=query, **said)
        if is_default:
            change_view(user=user, view=view, name=view.name, workspace=view.workspace, is_default=True)
    except Conflict as error:
        refuse(form, error)
        form.offer_to_replace()
        return None
    except VictorError as error:
        refuse(form, error)
        return None
    return view


def _change(user: Any, view: SavedView, form: ViewForm) -> bool:
    try:
        change_view(user=user, view=view, **form.cleaned_data)
    except VictorError as error:
        refuse(form, error)
        return False
    return True
