"""The queue of what waits for a person: looking at it and answering in place."""

from functools import cache, partial
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from agents.models import Swarm
from agents.permissions import OPERATE, require, scope_of_user, visible_to
from agents.selectors.swarms import find_swarm, read_surroundings
from audit.actors import Actor, person
from audit.exports import make_export
from audit.models import AttentionItem
from audit.watch import render_live, watch
from tasks.exports import APPROVAL_COLUMNS, NEED_COLUMNS, rows_of_decided, rows_of_needs
from tasks.forms_approvals import AnswerForm, HappenedForm, NoteForm
from tasks.models import Approval, StandingRule
from tasks.selectors.filters import read_number
from tasks.selectors.needs import list_needs
from tasks.services.questions import answer_question, dismiss, settle_uncertain_effect
from victoros.lib.access import scope_of
from victoros.lib.errors import InvalidInput, NotFound
from victoros.lib.exporting import read_format
from victoros.lib.http import confirm, finish
from victoros.lib.lean import lean
from victoros.lib.together import read_together

DECIDED = 20
RULES = 20
REFRESH_S = 30
"""Ranks and moments move by themselves."""


@require_safe
def approval_list(request: HttpRequest) -> HttpResponseBase:
    """Show what waits for a person, ranked and grouped: `?kind=`, `?swarm=`, `?alike=` an item's number, `?begin=`."""
    kind, alike, pk = _read_kind(request), read_number(request.GET, "alike"), read_number(request.GET, "swarm")
    begin = read_number(request.GET, "begin") or 0
    swarm = find_swarm(request.user, pk) if pk else None
    file = read_format(request)
    if file and request.GET.get("decided"):
        return make_export(request, "approvals", rows_of_decided(request.user), APPROVAL_COLUMNS, file)
    if file:
        return make_export(request, "needs-me", rows_of_needs(request.user, kind, pk), NEED_COLUMNS, file)
    live = watch(request.get_full_path(), "attention", "rules", refresh_s=REFRESH_S)
    around = cache(partial(read_surroundings, request.user))  # read by the page alone, not by its section

    def build() -> dict[str, Any]:
        needs = list_needs(request.user, kind=kind, begin=begin, alike=alike, swarm=pk)
        return {
            "needs": needs,
            "open_item_count": (lambda: around()[1]) if kind or alike or swarm else needs.mine,
            "kind": kind,
            "swarm": swarm,
            "swarms": lambda: around()[0],
            "alike": alike,
            "kinds": AttentionItem.Kind.choices,
            **_read_past(request.user),
        }

    return render_live(request, live, "tasks/approval_list.html", "tasks/_approval_list.html", build)


@require_http_methods(["GET", "POST"])
def attention_answer(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask for (GET) or take (POST) the answer to a question, word on an uncertain act, or note of anything else."""
    item = _find_item(request.user, pk)
    form = _form_of(item)(request.POST if request.method == "POST" else None)
    if not form.is_valid():
        return confirm(request, _answer_question(item, form))
    return finish(request, reverse("approval_list"), _answer(person(request.user), item, form.cleaned_data))


def _read_kind(request: HttpRequest) -> str:
    kind = request.GET.get("kind", "")
    if kind and kind not in AttentionItem.Kind.values:
        raise InvalidInput(
            _("There is no kind %(value)s.") % {"value": repr(kind[:40])},
            hint=_("Kinds are %(values)s.") % {"values": ", ".join(AttentionItem.Kind.values)},
        )
    return kind


def _read_past(user: Any) -> dict[str, Any]:
    """Read what was decided last, and the newest rules. One query."""
    decided = lean(Approval.objects.exclude(status="pending"), without=("arguments", "edited"), task=["title"])
    decided = decided.order_by("-decided_at", "-id")
    rules = StandingRule.objects.select_related("swarm", "agent")
    found = read_together(decided=visible_to(user, decided)[:DECIDED], rules=visible_to(user, rules)[:RULES])
    return {"decided": found["decided"], "rules": _as_rules(user, found["rules"])}


def _as_rules(user: Any, rows: list[StandingRule]) -> list[dict[str, Any]]:
    """Put rules that stand first, and say of each whether the reader may revoke it."""
    scope = scope_of_user(user, OPERATE)
    mine = {row.pk for row in rows if scope.everything or row.swarm_id in scope.swarm_ids}
    ordered = sorted(rows, key=lambda row: (row.state != "standing", -row.pk))
    return [{"rule": row, "may_revoke": row.pk in mine and row.state == "standing"} for row in ordered]


def _answer(actor: Actor, item: AttentionItem, said: dict[str, Any]) -> str:
    who = item.agent_name or _("The agent")
    if item.kind == AttentionItem.Kind.QUESTION:
        answer_question(actor=actor, item=item, text=said["text"])
        return _("Answered. %(who)s goes on.") % {"who": who}
    if item.kind == AttentionItem.Kind.UNCERTAIN_EFFECT:
        settle_uncertain_effect(actor=actor, item=item, happened=said["happened"] == "yes")
        return _("Noted. %(who)s goes on.") % {"who": who}
    dismiss(actor=actor, item=item)
    return _("Noted; it is off the list. The record keeps it.")


def _form_of(item: AttentionItem) -> Any:
    return {"question": AnswerForm, "uncertain_effect": HappenedForm}.get(item.kind, NoteForm)


def _answer_question(item: AttentionItem, form: Any) -> dict[str, Any]:
    waits = item.kind in ("question", "uncertain_effect")
    submit = {"question": _("Send the answer"), "uncertain_effect": _("Settle it")}
    return {
        "title": item.title,
        "text": item.body,
        "effects": [] if waits else [_say_effect(item)],
        "undo": _("The answer cannot be taken back.") if waits else "",
        "in_place": True,
        "action": reverse("attention_answer", args=[item.pk]),
        "form": form if waits else None,
        "submit": submit.get(item.kind, _("Take note")),
        "cancel": reverse("approval_list"),
    }


def _say_effect(item: AttentionItem) -> str:
    if item.kind == AttentionItem.Kind.NOT_STOPPED:
        return _(
            "It leaves the list. What a cell owes that has ended counts as stopped, on your word; the record keeps it."
        )
    return _("It leaves the list. Nothing else changes, and the record keeps it.")


def _find_item(user: Any, pk: int) -> AttentionItem:
    item = AttentionItem.objects.filter(scope_of(user).as_filter(), pk=pk).first()
    if item is None:
        raise NotFound(
            _("There is no item %(pk)s, or you may not see it.") % {"pk": pk}, hint=_("Look at what needs you.")
        )
    if item.swarm_ref is not None:
        require(user, OPERATE, Swarm.objects.get(pk=item.swarm_ref))
    return item
