"""Acts on many rows: picked in a list, looked at, started, watched and taken back."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from audit.watch import render_live, watch
from tasks.bulk.acts import ACTS, find_act
from tasks.bulk.drafts import choose_all, draft_bulk, find_bulk, find_noun, preview_bulk
from tasks.bulk.forms import form_for, given_by
from tasks.bulk.running import begin_bulk, undo_bulk
from tasks.models import BulkAct
from victoros.lib.errors import InvalidInput
from victoros.lib.http import finish
from victoros.lib.wording import say_many

RESULTS = 100
LISTED = 50


@require_http_methods(["GET", "HEAD", "POST"])
def bulk_list(request: HttpRequest) -> HttpResponse:
    """List one's bulk acts (GET), or draft one (POST `noun`, `act`, and `pick` or `all` with the list's `query`)."""
    if request.method == "POST":
        noun, act = request.POST.get("noun", ""), request.POST.get("act", "")
        is_all = request.POST.get("all") == "1"
        refs = choose_all(request.user, noun, request.POST.get("query", "")) if is_all else _read_picks(request)
        bulk = draft_bulk(user=request.user, noun=noun, act=act, refs=refs)
        return redirect("bulk_view", pk=bulk.pk)
    rows = BulkAct.objects.exclude(status="draft").select_related("user", "undo_of")
    mine = rows if request.user.is_superuser else rows.filter(user=request.user.pk)
    return render(request, "bulk/bulk_list.html", {"bulks": [_say_bulk(bulk) for bulk in mine[:LISTED]]})


def _say_bulk(bulk: BulkAct) -> BulkAct:
    """Add what a line of the list says of it. An act that is no longer there goes by its name."""
    act = ACTS.get(bulk.noun, {}).get(bulk.act)
    bulk.said_act = act.label if act else bulk.act  # type: ignore[attr-defined]
    bulk.said_rows = say_many(bulk.total, bulk.noun)  # type: ignore[attr-defined]
    return bulk


@require_safe
def bulk_view(request: HttpRequest, pk: int) -> HttpResponse:
    """Show a draft with what it would change, or a bulk act with its progress and the results of each row."""
    bulk = find_bulk(request.user, pk)
    if bulk.status == BulkAct.Status.DRAFT:
        return _show_draft(request, bulk)
    live = watch(request.get_full_path(), f"bulk:{pk}", refresh_s=0 if bulk.status == "done" else 2)
    return render_live(
        request, live, "bulk/bulk_view.html", "bulk/_progress.html", lambda: _read_progress(request, bulk)
    )


@require_POST
def bulk_begin(request: HttpRequest, pk: int) -> HttpResponse:
    """Start a draft with what was asked for."""
    bulk = find_bulk(request.user, pk)
    if bulk.status == BulkAct.Status.DRAFT:
        preview = preview_bulk(request.user, bulk)
        form = form_for(find_act(bulk.noun, bulk.act), preview.rows, request.POST)
        if not form.is_valid():
            return _show_draft(request, bulk, form)
        begin_bulk(user=request.user, bulk=bulk, given=given_by(form))
    return redirect("bulk_view", pk=pk)


@require_POST
def bulk_undo(request: HttpRequest, pk: int) -> HttpResponse:
    """Take back what was done, row by row, where the rows still allow it."""
    undo = undo_bulk(user=request.user, bulk=find_bulk(request.user, pk))
    return finish(request, reverse("bulk_view", args=[undo.pk]), _("Undoing %(total)s.") % {"total": f"{undo.total:,}"})


def _show_draft(request: HttpRequest, bulk: BulkAct, form: Any = None) -> HttpResponse:
    preview = preview_bulk(request.user, bulk)
    act = find_act(bulk.noun, bulk.act)
    context = {
        "bulk": bulk,
        "act": act,
        "noun": find_noun(bulk.noun),
        "preview": preview,
        "form": form or form_for(act, preview.rows),
        "back": reverse(find_noun(bulk.noun).list_url),
    }
    return render(request, "bulk/bulk_draft.html", context, status=422 if form is not None else 200)


def _read_progress(request: HttpRequest, bulk: BulkAct) -> dict[str, Any]:
    noun, act = find_noun(bulk.noun), find_act(bulk.noun, bulk.act)
    refused = list(bulk.items.filter(status="refused")[:RESULTS])
    items = [*refused, *bulk.items.filter(status="done")[: RESULTS - len(refused)]]
    rows = {row.pk: row for row in noun.load(request.user, [item.ref for item in items])}
    results = [
        {
            "item": item,
            "label": str(rows.get(item.ref, item.ref)),
            "url": noun.say_url(rows[item.ref]) if item.ref in rows else "",
        }
        for item in items
    ]
    can_undo = bulk.status == "done" and act.undo is not None and not bulk.undo_of_id
    undoable = bulk.items.filter(status="done").exclude(before=None).exists() if can_undo else False
    return {
        "bulk": bulk,
        "act": act,
        "noun": noun,
        "results": results,
        "may_undo": undoable and not bulk.undone_by.exists(),
        "undone_by": bulk.undone_by.first(),
        "back": reverse(noun.list_url),
        "more": max(0, bulk.looked_at - len(items)),
    }


def _read_picks(request: HttpRequest) -> list[int]:
    picks = request.POST.getlist("pick")
    if any(not (pick.isascii() and pick.isdigit() and len(pick) < 16) for pick in picks):
        raise InvalidInput(_("A picked row must be a number."), hint=_("Tick the rows again."))
    return [int(pick) for pick in picks]
