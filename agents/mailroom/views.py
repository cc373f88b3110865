"""Pages of the mail room."""

import uuid
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_safe

from agents.exports import LETTER_COLUMNS
from agents.forms.fields import refuse
from agents.mailroom import selectors
from agents.mailroom.forms import ComposeForm
from agents.models import Message, Swarm
from agents.permissions import OPERATE, may, require
from agents.selectors.agents import find_agent
from agents.selectors.choices import Choice, read_choice, read_number
from agents.selectors.swarms import find_swarm, list_choosable_swarms, read_surroundings
from agents.services.mail import send_message
from audit.actors import person
from audit.exports import make_export
from audit.watch import render_live, watch
from victoros.lib.errors import VictorError
from victoros.lib.exporting import read_format
from victoros.lib.http import finish


@require_safe
def mail_room(request: HttpRequest) -> HttpResponseBase:
    """List letters, newest first."""
    choice = read_choice(request.GET, selectors.STATES)
    file = read_format(request)
    if file:
        rows = selectors.choose_mail(request.user, choice).select_related("swarm", "recipient")
        return make_export(request, "mail", rows, LETTER_COLUMNS, file)
    live = watch(request.get_full_path(), f"mail:{choice.swarm}" if choice.swarm else "mail")
    return render_live(
        request, live, "agents/mail_room.html", "agents/_mail.html", lambda: _build_room(request.user, choice)
    )


@require_safe
def mail_view(request: HttpRequest, pk: int) -> HttpResponse:
    """Show a letter in its conversation."""
    message = selectors.find_message(request.user, pk)
    live = watch(request.get_full_path(), f"mail:{message.swarm_id}")

    def build() -> dict[str, Any]:
        fresh = selectors.find_message(request.user, pk)  # again: the row must not be older than its versions
        return {"thread": selectors.read_thread(request.user, fresh), "message": fresh}

    return render_live(request, live, "agents/mail_view.html", "agents/_thread.html", build)


@require_http_methods(["GET", "HEAD", "POST"])
def mail_compose(request: HttpRequest) -> HttpResponse:
    """Write to an agent of the swarm that `?swarm=` names; `?to=` an agent, `?reply_to=` a letter choose it too."""
    answered = _answered(request)
    swarm = _choose_swarm(request, answered)
    if isinstance(swarm, list):
        return render(request, "agents/mail_where.html", {"swarms": swarm})
    require(request.user, OPERATE, swarm)
    if request.method != "POST":
        form = ComposeForm(swarm_id=swarm.pk, initial=_first_words(request, answered))
        return _show_compose(request, swarm, form, answered)
    form = ComposeForm(request.POST, swarm_id=swarm.pk)
    message = _send(request.user, swarm, form, answered) if form.is_valid() else None
    if message is None:
        return _show_compose(request, swarm, form, answered, status=422)
    return finish(
        request,
        reverse("mail_view", args=[message.pk]),
        gettext("Sent to %(recipient)s.") % {"recipient": message.recipient},
    )


def _build_room(user: Any, choice: Choice) -> dict[str, Any]:
    swarms, open_items = read_surroundings(user)
    swarm = find_swarm(user, choice.swarm) if choice.swarm else None
    return {
        "choice": choice,
        "swarms": swarms,
        "swarm": swarm,
        "open_item_count": open_items,
        "agent": find_agent(user, choice.agent) if choice.agent else None,
        "page": selectors.list_mail(user, choice),
        "states": ("held", "unread", "read", "acknowledged", "lost", "archived"),
        "may_hold": swarm is not None and may(user, OPERATE, swarm),
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
