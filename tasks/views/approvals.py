"""The queue of what waits for a person: looking at it, deciding approvals, answering questions."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from agents.models import Swarm
from agents.permissions import OPERATE, may, require, visible_to
from audit.actors import Actor, person
from audit.models import AttentionItem
from audit.watch import render_live, watch
from tasks.forms_approvals import AnswerForm, HappenedForm, NoteForm, RejectForm
from tasks.models import Approval
from tasks.selectors.needs import list_needs, say_arguments, say_when
from tasks.services.approvals import approve, reject
from tasks.services.questions import answer_question, dismiss, settle_uncertain_effect
from victoros.lib.access import scope_of
from victoros.lib.errors import InvalidInput, NotFound
from victoros.lib.http import confirm, finish

DECIDED = 20


@require_safe
def approval_list(request: HttpRequest) -> HttpResponse:
    """Show everything that waits for a person, and the approvals decided last."""
    kind = request.GET.get("kind", "")
    if kind and kind not in AttentionItem.Kind.values:
        raise InvalidInput(
            f"There is no kind {kind[:40]!r}.", hint=f"Kinds are {', '.join(AttentionItem.Kind.values)}."
        )
    live = watch(request.get_full_path(), "attention")

    def build() -> dict[str, Any]:
        decided = (
            Approval.objects.exclude(status="pending").select_related("task", "agent").order_by("-decided_at", "-id")
        )
        needs = list_needs(request.user, kind=kind)
        return {
            "needs": needs,
            "open_item_count": None if kind else needs.total,
            "kind": kind,
            "kinds": AttentionItem.Kind.choices,
            "decided": visible_to(request.user, decided)[:DECIDED],
        }

    return render_live(request, live, "tasks/approval_list.html", "tasks/_approval_list.html", build)


@require_safe
def approval_view(request: HttpRequest, pk: int) -> HttpResponse:
    """Show one approval with the exact act it is bound to."""
    approval = _find_approval(request.user, pk)
    live = watch(request.path, f"task:{approval.task_id}", "attention")

    def build() -> dict[str, Any]:
        return {
            "approval": approval,
            "arguments": _long_arguments(approval),
            "may_decide": approval.status == "pending" and may(request.user, OPERATE, approval.swarm),
        }

    return render_live(request, live, "tasks/approval_view.html", "tasks/_approval.html", build)


@require_http_methods(["GET", "POST"])
def approval_decide(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask (GET `?decision=`) or decide (POST `decision` = approve or reject, `note`)."""
    approval = _find_approval(request.user, pk)
    require(request.user, OPERATE, approval.swarm)
    decision = request.POST.get("decision") or request.GET.get("decision", "")
    if decision not in ("approve", "reject"):
        raise InvalidInput(
            f"An approval is approved or rejected, not {decision[:40]!r}.", hint="Use the page's buttons."
        )
    form = (NoteForm if decision == "approve" else RejectForm)(request.POST if request.method == "POST" else None)
    if not form.is_valid():
        return confirm(request, _decision_question(approval, decision, form))
    said = _decide(person(request.user), approval, decision, form.cleaned_data["note"])
    return finish(request, reverse("approval_view", args=[pk]), said)


@require_http_methods(["GET", "POST"])
def attention_answer(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask for (GET) or take (POST) the answer to a question, word on an uncertain act, or note of anything else."""
    item = _find_item(request.user, pk)
    form = _form_of(item)(request.POST if request.method == "POST" else None)
    if not form.is_valid():
        return confirm(request, _answer_question(item, form))
    return finish(request, reverse("approval_list"), _answer(person(request.user), item, form.cleaned_data))


def _decide(actor: Actor, approval: Approval, decision: str, note: str) -> str:
    if decision == "approve":
        approve(actor=actor, approval=approval, note=note)
        return f"Approved: {approval.tool}. {approval.agent.name} goes on{say_when(approval)}."
    reject(actor=actor, approval=approval, reason=note)
    return f"Rejected: {approval.tool}. {approval.agent.name} was told why."


def _answer(actor: Actor, item: AttentionItem, said: dict[str, Any]) -> str:
    if item.kind == AttentionItem.Kind.QUESTION:
        answer_question(actor=actor, item=item, text=said["text"])
        return f"Answered. {item.agent_name or 'The agent'} goes on."
    if item.kind == AttentionItem.Kind.UNCERTAIN_EFFECT:
        settle_uncertain_effect(actor=actor, item=item, happened=said["happened"] == "yes")
        return f"Noted. {item.agent_name or 'The agent'} goes on."
    dismiss(actor=actor, item=item)
    return "Noted; it is off the list. The record keeps it."


def _form_of(item: AttentionItem) -> Any:
    return {"question": AnswerForm, "uncertain_effect": HappenedForm}.get(item.kind, NoteForm)


def _decision_question(approval: Approval, decision: str, form: Any) -> dict[str, Any]:
    is_yes = decision == "approve"
    return {
        "title": f"{'Approve' if is_yes else 'Reject'} {approval.tool}?",
        "text": say_arguments(approval.arguments),
        "effects": [
            f"{approval.agent.name} does exactly this act, once."
            if is_yes
            else f"{approval.agent.name} does not do it and goes on without.",
            f"A yes to act {approval.digest[:8]} is a yes to nothing else."
            if is_yes
            else "The agent reads your reason.",
        ],
        "undo": "This cannot be undone.",
        "in_place": True,
        "action": reverse("approval_decide", args=[approval.pk]),
        "hidden": {"decision": decision},
        "form": form,
        "submit": "Approve" if is_yes else "Reject",
        "danger": not is_yes,
        "cancel": reverse("approval_view", args=[approval.pk]),
    }


def _answer_question(item: AttentionItem, form: Any) -> dict[str, Any]:
    waits = item.kind in ("question", "uncertain_effect")
    return {
        "title": item.title,
        "text": item.body,
        "effects": [] if waits else ["It leaves the list. Nothing else changes, and the record keeps it."],
        "undo": "The answer cannot be taken back." if waits else "",
        "in_place": True,
        "action": reverse("attention_answer", args=[item.pk]),
        "form": form if waits else None,
        "submit": {"question": "Send the answer", "uncertain_effect": "Settle it"}.get(item.kind, "Take note"),
        "cancel": reverse("approval_list"),
    }


def _find_approval(user: Any, pk: int) -> Approval:
    rows = Approval.objects.select_related("task", "agent", "swarm__workspace", "attempt")
    approval = visible_to(user, rows).filter(pk=pk).first()
    if approval is None:
        raise NotFound(f"There is no approval {pk}, or you may not see it.", hint="Look at what needs you.")
    return approval


def _find_item(user: Any, pk: int) -> AttentionItem:
    item = AttentionItem.objects.filter(scope_of(user).as_filter(), pk=pk).first()
    if item is None:
        raise NotFound(f"There is no item {pk}, or you may not see it.", hint="Look at what needs you.")
    if item.swarm_ref is not None:
        require(user, OPERATE, Swarm.objects.get(pk=item.swarm_ref))
    return item


def _long_arguments(approval: Approval) -> list[tuple[str, str]]:
    return [(name, value if isinstance(value, str) else repr(value)) for name, value in approval.arguments.items()]
