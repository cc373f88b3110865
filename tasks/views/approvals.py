"""One approval: its exact act, and the yes, the changed yes, the yes in advance and the no."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from agents.permissions import OPERATE, may, require, visible_to
from audit.actors import person
from audit.watch import render_live, watch
from tasks.forms_act import EditForm
from tasks.forms_approvals import NoteForm, RejectForm, RuleForm
from tasks.models import Approval, StandingRule
from tasks.selectors.act import describe_act
from tasks.selectors.needs import say_arguments
from tasks.selectors.taint import read_taint
from tasks.services.deciding import Decision, decide_approval, find_approval
from tasks.services.late import is_overdue
from tasks.services.standing import make_rule, revoke_rule
from tasks.standing import standing_rules
from victoros.lib.errors import InvalidInput, NotFound
from victoros.lib.http import confirm, finish


@require_safe
def approval_view(request: HttpRequest, pk: int) -> HttpResponse:
    """Show one approval with the exact act it is bound to."""
    task = find_approval(request.user, pk).task_id
    live = watch(request.path, f"task:{task}", "attention", "rules")

    def build() -> dict[str, Any]:
        approval = find_approval(request.user, pk)  # again: the row must not be older than its versions
        is_open = approval.status == Approval.Status.PENDING
        return {
            "approval": approval,
            "act": describe_act(approval),
            "taint": read_taint(approval.attempt),
            "rules": list(standing_rules(approval)) if is_open else [],
            "is_overdue": is_overdue(approval),
            "may_decide": is_open and may(request.user, OPERATE, approval.swarm),
        }

    return render_live(request, live, "tasks/approval_view.html", "tasks/_approval.html", build)


@require_http_methods(["GET", "POST"])
def approval_decide(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask (GET `?decision=`) or decide (POST `decision` = approve or reject, `note`, `digest` of the act that was seen)."""
    approval = find_approval(request.user, pk)
    require(request.user, OPERATE, approval.swarm)
    decision = request.POST.get("decision") or request.GET.get("decision", "")
    if decision not in ("approve", "reject"):
        raise InvalidInput(
            _("An approval is approved or rejected, not %(value)s.") % {"value": repr(decision[:40])},
            hint=_("Use the page's buttons."),
        )
    form = (NoteForm if decision == "approve" else RejectForm)(request.POST if request.method == "POST" else None)
    if not form.is_valid():
        return confirm(request, _decision_question(approval, decision, form))
    note = form.cleaned_data.get("reason") or form.cleaned_data["note"]
    wanted = Decision(decision, request.POST.get("digest", ""), note)
    return finish(
        request, reverse("approval_view", args=[pk]), decide_approval(user=request.user, pk=pk, wanted=wanted)
    )


@require_http_methods(["GET", "POST"])
def approval_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Show the arguments as a form (GET), or approve the act as it was changed (POST)."""
    approval = find_approval(request.user, pk)
    require(request.user, OPERATE, approval.swarm)
    form = EditForm(approval, request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        wanted = Decision("approve", request.POST.get("digest", ""), form.cleaned_data["note"], form.arguments)
        said = decide_approval(user=request.user, pk=pk, wanted=wanted)
        return finish(request, reverse("approval_view", args=[pk]), said)
    context = {"approval": approval, "form": form, "taint": read_taint(approval.attempt)}
    return render(request, "tasks/approval_edit.html", context, status=422 if form.is_bound else 200)


@require_http_methods(["GET", "POST"])
def approval_rule(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask for (GET) or make (POST) a yes in advance for acts like this one, and approve this one."""
    approval = find_approval(request.user, pk)
    require(request.user, OPERATE, approval.swarm)
    form = RuleForm(approval.agent.name, approval.swarm.name, request.POST if request.method == "POST" else None)
    if not form.is_valid():
        return confirm(request, _rule_question(approval, form))
    said = decide_approval(user=request.user, pk=pk, wanted=Decision("approve", request.POST.get("digest", "")))
    rule = make_rule(
        actor=person(request.user),
        approval=approval,
        lasts=form.lasts,
        max_uses=form.cleaned_data["uses"],
        whole_swarm=form.cleaned_data["who"] == "swarm",
        even_tainted=form.cleaned_data["even_tainted"],
        note=form.cleaned_data["note"],
    )
    more = _("The next %(uses)s need nobody.") % {"uses": f"{rule.max_uses:,}"}
    return finish(request, reverse("approval_view", args=[pk]), f"{said} {more}")


@require_http_methods(["GET", "POST"])
def rule_revoke(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask (GET), then end a yes in advance (POST)."""
    rule = visible_to(request.user, StandingRule.objects.select_related("swarm", "agent")).filter(pk=pk).first()
    if rule is None:
        raise NotFound(
            _("There is no rule %(pk)s, or you may not see it.") % {"pk": pk}, hint=_("Look at what needs you.")
        )
    require(request.user, OPERATE, rule.swarm)
    if request.method == "GET":
        return confirm(request, _revoke_question(rule))
    changed = revoke_rule(actor=person(request.user), rule=rule)
    said = _("Revoked; these acts ask again.") if changed else _("It was revoked before.")
    return finish(request, reverse("approval_list"), said)


def _decision_question(approval: Approval, decision: str, form: Any) -> dict[str, Any]:
    is_yes = decision == "approve"
    name = approval.agent.name
    yes = [
        _("%(name)s does exactly this act, once.") % {"name": name},
        _("A yes to act %(act)s is a yes to nothing else.") % {"act": approval.digest[:8]},
    ]
    no = [
        _("%(name)s does not do it and goes on without.") % {"name": name},
        _("The agent reads your reason."),
    ]
    return {
        "title": (_("Approve %(tool)s?") if is_yes else _("Reject %(tool)s?")) % {"tool": approval.tool},
        "text": say_arguments(approval.arguments),
        "effects": yes if is_yes else no,
        "undo": _("This cannot be undone."),
        "in_place": True,
        "action": reverse("approval_decide", args=[approval.pk]),
        "hidden": {"decision": decision, "digest": approval.digest},
        "form": form,
        "submit": _("Approve") if is_yes else _("Reject"),
        "danger": not is_yes,
        "cancel": reverse("approval_view", args=[approval.pk]),
    }


def _rule_question(approval: Approval, form: Any) -> dict[str, Any]:
    return {
        "title": _("Approve %(tool)s for a while?") % {"tool": approval.tool},
        "text": say_arguments(approval.arguments),
        "effects": [
            _("%(name)s does this act now.") % {"name": approval.agent.name},
            _("Further acts of %(tool)s, whatever their arguments, are approved by themselves.")
            % {"tool": approval.tool},
            _("Each use goes into the record with your name."),
        ],
        "undo": _("It can be revoked at any time; what was done by then stays done."),
        "in_place": True,
        "action": reverse("approval_rule", args=[approval.pk]),
        "hidden": {"digest": approval.digest},
        "form": form,
        "submit": _("Approve from now on"),
        "cancel": reverse("approval_view", args=[approval.pk]),
    }


def _revoke_question(rule: StandingRule) -> dict[str, Any]:
    return {
        "title": _("Revoke this permission?"),
        "text": f"{rule.tool}, {rule.agent.name if rule.agent else rule.swarm.name}",
        "effects": [_("From now on these acts wait for a person again.")],
        "undo": _("What it allowed already stays allowed."),
        "in_place": True,
        "action": reverse("rule_revoke", args=[rule.pk]),
        "submit": _("Revoke"),
        "danger": True,
        "cancel": reverse("approval_list"),
    }
