"""Pages of the mail room."""

import uuid
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from agents.forms.fields import refuse
from agents.mailroom import selectors
from agents.mailroom.forms import ComposeForm, RedirectForm
from agents.models import Message, Swarm
from agents.permissions import OPERATE, require
from agents.selectors.agents import find_agent
from agents.selectors.choices import Choice, read_choice, read_number
from agents.selectors.swarms import find_swarm, list_choosable_swarms
from agents.services.mail import acknowledge, redirect_message, send_message
from audit.actors import person
from audit.watch import render_live, watch
from victoros.lib.errors import VictorError
from victoros.lib.http import finish


@require_safe
def mail_room(request: HttpRequest) -> HttpResponse:
    """List letters, newest first."""
    choice = read_choice(request.GET, selectors.STATES)
    live = watch(request.get_full_path(), f"mail:{choice.swarm}" if choice.swarm else "mail")
    return render_live(
        request, live, "agents/mail_room.html", "agents/_mail.html", lambda: _build_room(request.user, choice)
    )


@require_safe
def mail_view(request: HttpRequest, pk: int) -> HttpResponse:
    """Show a letter in its conversation."""
    message = selectors.find_message(request.user, pk)
    live = watch(request.get_full_path(), f"mail:{message.swarm_id}")
    return render_live(
        request,
        live,
        "agents/mail_view.html",
        "agents/_thread.html",
        lambda: {"thread": selectors.read_thread(request.user, message), "message": message},
    )


@require_http_methods(["GET", "HEAD", "POST"])
def mail_compose(request: HttpRequest) -> HttpResponse:
    """Write to an agent of the swarm that `?swarm=` names; `?to=` an agent, `?reply_to=` a letter choose it too."""
    answered = _answered(request)
    swarm = _choose_swarm(request, answered)
    if isinstance(swarm, list):
        return render(request, "agents/mail_where.html", {"swarms": swarm})
    require(request.user, OPERATE, swarm)
    readers = selectors.list_readers(swarm.pk)
    if request.method != "POST":
        form = ComposeForm(readers=readers, initial=_first_words(request, answered))
        return _show_compose(request, swarm, form, answered)
    form = ComposeForm(request.POST, readers=readers)
    message = _send(request.user, swarm, form, answered) if form.is_valid() else None
    if message is None:
        return _show_compose(request, swarm, form, answered, status=422)
    return finish(request, reverse("mail_view", args=[message.pk]), f"Sent to {message.recipient}.")


@require_http_methods(["GET", "HEAD", "POST"])
def mail_redirect(request: HttpRequest, pk: int) -> HttpResponse:
    """Send a copy of a letter to another agent of the swarm."""
    message = selectors.find_message(request.user, pk)
    require(request.user, OPERATE, message.swarm)
    form = RedirectForm(
        request.POST if request.method == "POST" else None, readers=selectors.list_readers(message.swarm_id)
    )
    if form.is_bound and form.is_valid():
        try:
            copy = redirect_message(
                actor=person(request.user), message=message, recipient=form.cleaned_data["recipient"]
            )
        except VictorError as error:
            refuse(form, error)
        else:
            return finish(request, reverse("mail_view", args=[copy.pk]), f"Sent on to {copy.recipient}.")
    context = {"form": form, "message": message}
    return render(request, "agents/mail_redirect.html", context, status=422 if form.is_bound else 200)


@require_POST
def mail_acknowledge(request: HttpRequest, pk: int) -> HttpResponse:
    """Confirm a letter to the operators, so that nobody else looks after it."""
    message = selectors.find_message(request.user, pk)
    require(request.user, OPERATE, message.swarm)
    changed = acknowledge(actor=person(request.user), message=message)
    said = "Acknowledged." if changed else "It was acknowledged already."
    return finish(request, reverse("mail_view", args=[pk]), said)


def _build_room(user: Any, choice: Choice) -> dict[str, Any]:
    swarms = list_choosable_swarms(user)
    return {
        "choice": choice,
        "swarms": swarms,
        "swarm": find_swarm(user, choice.swarm) if choice.swarm else None,
        "agent": find_agent(user, choice.agent) if choice.agent else None,
        "page": selectors.list_mail(user, choice),
        "states": ("unread", "read", "acknowledged", "lost"),
    }


def _answered(request: HttpRequest) -> Message | None:
    pk = read_number(request.GET, "reply_to")
    return selectors.find_message(request.user, pk) if pk else None


def _choose_swarm(request: HttpRequest, answered: Message | None) -> Swarm | list[Swarm]:
    """Return the swarm named, the only one there is, or all that may be chosen."""
    if answered is not None:
        return answered.swarm
    to = read_number(request.GET, "to")
    if to:
        return find_agent(request.user, to).swarm
    pk = read_number(request.GET, "swarm")
    if pk:
        return find_swarm(request.user, pk)
    swarms = list_choosable_swarms(request.user, OPERATE)
    return swarms[0] if len(swarms) == 1 else swarms


def _first_words(request: HttpRequest, answered: Message | None) -> dict[str, Any]:
    words: dict[str, Any] = {"recipient": read_number(request.GET, "to"), "once": uuid.uuid4().hex}
    if answered is None:
        return words
    subject = answered.subject if answered.subject.startswith("Re: ") else f"Re: {answered.subject}"[:200]
    kind = Message.Kind.ANSWER if answered.kind in ("question", "request") else Message.Kind.INFORM
    return words | {"recipient": answered.sender_agent_id or answered.recipient_id, "subject": subject, "kind": kind}


def _send(user: Any, swarm: Swarm, form: ComposeForm, answered: Message | None) -> Message | None:
    values = dict(form.cleaned_data)
    key = f"form:{values.pop('once')}"
    task = answered.task_ref if answered else None
    try:
        message, _ = send_message(actor=person(user), swarm=swarm, reply_to=answered, key=key, task_ref=task, **values)
    except VictorError as error:
        refuse(form, error)
        return None
    return message


def _show_compose(
    request: HttpRequest, swarm: Swarm, form: ComposeForm, answered: Message | None, status: int = 200
) -> HttpResponse:
    return render(
        request, "agents/mail_compose.html", {"swarm": swarm, "form": form, "answered": answered}, status=status
    )
