"""What people do with letters: one address for each act, a form or a question by GET, the act by POST."""

import uuid
from datetime import UTC, datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as later
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from agents.forms.fields import refuse
from agents.mailroom import selectors
from agents.mailroom.forms import EditForm, RedirectForm, WithholdForm
from agents.models import Agent, Message, Swarm
from agents.permissions import OPERATE, require
from agents.selectors.swarms import find_swarm
from agents.services import mail_control as control
from agents.services.mail import acknowledge
from agents.services.mail_archive import archive_thread, restore_thread
from audit.actors import person
from victoros.lib.errors import InvalidInput, VictorError
from victoros.lib.http import Undo, confirm, finish


@require_http_methods(["GET", "HEAD", "POST"])
def mail_redirect(request: HttpRequest, pk: int) -> HttpResponse:
    """Send a copy of a letter to another agent of the swarm."""
    message = _find(request, pk)
    given = request.POST if request.method == "POST" else None
    form = RedirectForm(given, swarm_id=message.swarm_id, initial={"once": uuid.uuid4().hex})
    if form.is_bound and form.is_valid():
        try:
            copy = _send_on(request, message, **form.cleaned_data)
        except VictorError as error:
            refuse(form, error)
        else:
            return finish(
                request,
                reverse("mail_view", args=[copy.pk]),
                _("Sent on to %(recipient)s.") % {"recipient": copy.recipient},
            )
    context = {"form": form, "message": message}
    return render(request, "agents/mail_redirect.html", context, status=422 if form.is_bound else 200)


def _send_on(request: HttpRequest, message: Message, recipient: Agent, once: str) -> Message:
    """Send one copy for each form and reader, however often it is sent; another reader is another act."""
    key = f"on:{once}:{recipient.pk}" if once else None
    return control.redirect_message(actor=person(request.user), message=message, recipient=recipient, key=key)


@require_POST
def mail_acknowledge(request: HttpRequest, pk: int) -> HttpResponse:
    """Confirm a letter to the operators, so that nobody else looks after it."""
    message = _find(request, pk)
    changed = acknowledge(actor=person(request.user), message=message)
    return _done(request, message, _("Acknowledged.") if changed else _("It was acknowledged already."))


@require_POST
def mail_hold(request: HttpRequest, pk: int) -> HttpResponse:
    """Take an unread letter out of its mailbox."""
    message = _find(request, pk)
    changed = control.hold_message(actor=person(request.user), message=message)
    return _done(request, message, _("Held: nobody reads it until you let it go.") if changed else _("It is held."))


@require_POST
def mail_release(request: HttpRequest, pk: int) -> HttpResponse:
    """Deliver a held letter."""
    message = _find(request, pk)
    changed = control.release_message(actor=person(request.user), message=message)
    return _done(request, message, _("Delivered.") if changed else _("It was delivered already."))


@require_POST
def mail_archive(request: HttpRequest, pk: int) -> HttpResponse:
    """Put the conversation of a letter away."""
    message = _find(request, pk)
    put_away = archive_thread(actor=person(request.user), message=message)
    undo = Undo(reverse("mail_restore", args=[pk]), {"at": put_away.at.isoformat()}) if put_away.letters else None
    said = _("Put away.") if put_away.letters else _("It was put away already.")
    return finish(request, reverse("mail_view", args=[pk]), said, undo=undo)


@require_POST
def mail_restore(request: HttpRequest, pk: int) -> HttpResponse:
    """Bring the conversation of a letter back; with `at`, only what was put away then."""
    message = _find(request, pk)
    count = restore_thread(actor=person(request.user), message=message, put_away_at=_read_time(request.POST.get("at")))
    return _done(request, message, _("It stands in the mail room again.") if count else _("It was not put away."))


@require_http_methods(["GET", "HEAD", "POST"])
def mail_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Change the words of a held letter."""
    message = _find(request, pk)
    words = {"subject": message.subject, "body": message.body}
    form = EditForm(request.POST if request.method == "POST" else None, initial=words)
    if form.is_bound and form.is_valid():
        try:
            changed = control.edit_message(actor=person(request.user), message=message, **form.cleaned_data)
        except VictorError as error:
            refuse(form, error)
        else:
            said = _("Changed. It is still held.") if changed else _("Nothing was different.")
            return finish(request, reverse("mail_view", args=[pk]), said)
    context = {"form": form, "message": message}
    return render(request, "agents/mail_edit.html", context, status=422 if form.is_bound else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def mail_withhold(request: HttpRequest, pk: int) -> HttpResponse:
    """Never deliver a held letter, after a question."""
    message = _find(request, pk)
    form = WithholdForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        reason = form.cleaned_data["reason"]
        changed = control.withhold_message(actor=person(request.user), message=message, reason=reason)
        return _done(request, message, _("Withheld.") if changed else _("It was withheld already."))
    return confirm(
        request,
        {
            "title": _("Withhold this letter?"),
            "text": message.subject,
            "effects": [
                _("It is never delivered; whoever waits for it goes on waiting."),
                _("It stays in the mail room."),
            ],
            "undo": _("This cannot be undone, but a copy can be sent again."),
            "action": reverse("mail_withhold", args=[pk]),
            "form": form,
            "submit": _("Withhold"),
            "danger": True,
            "cancel": reverse("mail_view", args=[pk]),
        },
    )


@require_http_methods(["GET", "HEAD", "POST"])
def mail_replay(request: HttpRequest, pk: int) -> HttpResponse:
    """Send a letter to its recipient once more, after a question."""
    message = _find(request, pk)
    if request.method == "POST":
        key = f"replay:{request.POST.get('once', '')[:40]}" if request.POST.get("once") else None
        copy = control.replay_message(actor=person(request.user), message=message, key=key)
        return finish(request, reverse("mail_view", args=[copy.pk]), _("Sent again."))
    return confirm(
        request,
        {
            "title": _("Send this letter again?"),
            "text": message.subject,
            "effects": [
                _("%(name)s gets a copy in your name.") % {"name": message.recipient or _("Nobody")},
                _("What was done for the first one may be done once more."),
            ],
            "action": reverse("mail_replay", args=[pk]),
            "hidden": {"once": uuid.uuid4().hex},
            "submit": _("Send again"),
            "cancel": reverse("mail_view", args=[pk]),
        },
    )


@require_http_methods(["GET", "HEAD", "POST"])
def swarm_mail(request: HttpRequest, pk: int) -> HttpResponse:
    """Hold the mail of a swarm, end the hold, or let go what is held: `act` = hold, deliver, release; after a question."""
    swarm = find_swarm(request.user, pk)
    require(request.user, OPERATE, swarm)
    act = (request.POST if request.method == "POST" else request.GET).get("act", "")
    if act not in _QUESTIONS:
        raise InvalidInput(
            _("There is no act %(value)s.") % {"value": repr(act[:40])},
            hint=_("Acts: %(questions)s.") % {"questions": ", ".join(_QUESTIONS)},
        )
    room = f"{reverse('mail_room')}?swarm={pk}"
    if request.method == "POST":
        return finish(request, room, _carry_out(request.user, swarm, act))
    title, effects, submit = _QUESTIONS[act]
    return confirm(
        request,
        {
            "title": title % {"name": swarm.name},
            "effects": effects,
            "action": reverse("swarm_mail", args=[pk]),
            "hidden": {"act": act},
            "submit": submit,
            "cancel": room,
        },
    )


_QUESTIONS: dict[str, tuple[Any, tuple[Any, ...], Any]] = {
    "hold": (
        later("Hold the mail of %(name)s?"),
        (
            later("What its agents write from now on waits for you; what people write is delivered."),
            later("Agents that wait for a letter go on waiting."),
            later("You can end the hold at any time."),
        ),
        later("Hold mail"),
    ),
    "deliver": (
        later("Deliver mail in %(name)s at once again?"),
        (later("What agents write from now on is delivered at once."), later("Letters that are held stay held.")),
        later("End the hold"),
    ),
    "release": (
        later("Deliver all held letters of %(name)s?"),
        (later("They reach their readers now, oldest first."), later("This cannot be undone once they were read.")),
        later("Deliver all"),
    ),
}


def _carry_out(user: Any, swarm: Swarm, act: str) -> str:
    actor = person(user)
    if act == "release":
        count = control.release_held(actor=actor, swarm=swarm)
        return ngettext("%(count)s letter was delivered.", "%(count)s letters were delivered.", count) % {
            "count": count
        }
    changed = control.hold_mail_of(actor=actor, swarm=swarm, hold=act == "hold")
    if not changed:
        return _("It was so already.")
    return _("Its mail is held now.") if act == "hold" else _("Its mail is delivered at once again.")


def _read_time(text: str | None) -> datetime | None:
    if not text:
        return None
    try:
        return datetime.fromisoformat(text[:40]).astimezone(UTC)
    except (ValueError, OverflowError):
        raise InvalidInput(
            _("%(value)s is no time.") % {"value": repr(text[:40])}, hint=_("Bring the whole conversation back.")
        ) from None


def _find(request: HttpRequest, pk: int) -> Message:
    message = selectors.find_message(request.user, pk)
    require(request.user, OPERATE, message.swarm)
    return message


def _done(request: HttpRequest, message: Message, said: str) -> HttpResponse:
    return finish(request, reverse("mail_view", args=[message.pk]), said)
