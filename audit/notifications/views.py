"""The page on which people say how they are told, and the addresses by which their devices report."""

from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST

from audit.actors import person
from audit.notifications import channels, keys, subscriptions, tokens
from audit.notifications.devices import forget_device, read_device, remember_device
from audit.notifications.forms import ChannelForm, WishesForm, initial_of
from audit.notifications.selectors import (
    list_channels,
    list_devices,
    list_last_notices,
    swarm_levels,
    swarms_to_choose,
)
from audit.notifications.targets import Target
from audit.notifications.wishes import set_wishes, wishes_of
from audit.watch import Watch, render_live, watch
from victoros.lib.errors import InvalidInput
from victoros.lib.http import confirm, finish
from victoros.lib.requests import read_json, require_own_script


@require_http_methods(["GET", "POST"])
def notification_list(request: HttpRequest) -> HttpResponse:
    """Show devices, channels, wishes and what was told last; POST keeps the wishes."""
    form = WishesForm(request.POST or None, swarms=swarms_to_choose(request.user), initial=_initial(request.user))
    if request.method == "POST" and form.is_valid():
        set_wishes(
            actor=person(request.user), user=request.user, given=form.given(), swarms=_levels(request.user, form)
        )
        return finish(request, reverse("notification_list"), _("Your wishes are kept."))
    live = _watch(request)
    if request.method == "POST":
        return render(
            request, "audit/notifications/notification_list.html", _page(request, form) | {"live": live}, status=422
        )
    return render_live(
        request,
        live,
        "audit/notifications/notification_list.html",
        "audit/notifications/_ways.html",
        lambda: _page(request, form),
    )


@require_POST
def device_add(request: HttpRequest) -> HttpResponse:
    """Add the device that asks, sent as JSON by the page's script with the CSRF token in a header."""
    said = read_json(request)
    device = subscriptions.subscribe(
        actor=person(request.user), user=request.user, name=_word(said, "name"), target=_target(said)
    )
    answer = JsonResponse({"id": device.pk, "text": _("%(name)s is told from now on.") % {"name": device.name}})
    remember_device(request, answer, device)
    return answer


@csrf_exempt
@require_POST
def device_renew(request: HttpRequest) -> HttpResponse:
    """Give a device its new address, when its push service changed it. Sent by the service worker, which has no CSRF token:
    the former address, which only the device itself knows, stands for it."""
    require_own_script(request)
    said = read_json(request)
    former = subscriptions.device_at(request.user, _word(said, "former"))
    device = subscriptions.renew(actor=person(request.user), device=former, target=_target(said))
    answer = JsonResponse({"id": device.pk})
    remember_device(request, answer, device)
    return answer


@require_POST
def device_test(request: HttpRequest, pk: int) -> HttpResponse:
    """Send a device a message and say what came of it."""
    device = subscriptions.find_device(request.user, pk)
    outcome = subscriptions.try_out(actor=person(request.user), device=device)
    tone = "success" if outcome.ok else "error"
    return finish(request, reverse("notification_list"), f"{device.name}: {outcome.text}", tone=tone)


@require_http_methods(["GET", "POST"])
def device_remove(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask, then forget a device."""
    device = subscriptions.find_device(request.user, pk)
    if request.method == "GET":
        return confirm(request, _ask_to_remove(device.name, reverse("device_remove", args=[pk])))
    subscriptions.unsubscribe(actor=person(request.user), device=device, why="removed")
    answer = finish(request, reverse("notification_list"), _("%(name)s is not told any more.") % {"name": device.name})
    if read_device(request) == pk:
        forget_device(answer)
    return answer


@require_POST
def channel_add(request: HttpRequest) -> HttpResponse:
    """Add a channel."""
    form = ChannelForm(request.POST)
    try:
        if form.is_valid():
            said = form.cleaned_data
            channel = channels.add_channel(
                actor=person(request.user), user=request.user, name=said["name"], url=said["url"]
            )
            return finish(request, reverse("notification_list"), _("%(name)s was added.") % {"name": channel.name})
    except InvalidInput as error:
        form.add_error("url", f"{error.message} {error.hint}")
    wishes = WishesForm(swarms=swarms_to_choose(request.user), initial=_initial(request.user))
    context = _page(request, wishes) | {"channel_form": form, "live": _watch(request)}
    return render(request, "audit/notifications/notification_list.html", context, status=422)


@require_POST
def channel_test(request: HttpRequest, pk: int) -> HttpResponse:
    """Send a message through a channel and say what came of it."""
    channel = channels.find_channel(request.user, pk)
    outcome = channels.try_channel(channel=channel)
    tone = "success" if outcome.ok else "error"
    return finish(request, reverse("notification_list"), f"{channel.name}: {outcome.text}", tone=tone)


@require_http_methods(["GET", "POST"])
def channel_remove(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask, then forget a channel."""
    channel = channels.find_channel(request.user, pk)
    if request.method == "GET":
        return confirm(request, _ask_to_remove(channel.name, reverse("channel_remove", args=[pk])))
    channels.remove_channel(actor=person(request.user), channel=channel)
    return finish(request, reverse("notification_list"), _("%(name)s is not used any more.") % {"name": channel.name})


@csrf_exempt
@login_not_required
@require_POST
def notice_shown(request: HttpRequest) -> HttpResponse:
    """Take a device's word that it showed a notification; the token that came with it is all the right this needs."""
    require_own_script(request)
    known = tokens.report_shown(_word(read_json(request), "token"))
    return HttpResponse(status=204 if known else 404)


def _page(request: HttpRequest, form: WishesForm) -> dict[str, Any]:
    return {
        "form": form,
        "channel_form": ChannelForm(),
        "devices": list_devices(request.user),
        "channels": list_channels(request.user),
        "notices": list_last_notices(request.user),
        "this_device": read_device(request),
        "public_key": keys.public_key(),
    }


def _watch(request: HttpRequest) -> Watch:
    return watch(reverse("notification_list"), subscriptions.topic_of(request.user.pk or 0), refresh_s=10)


def _initial(user: Any) -> dict[str, Any]:
    return initial_of(wishes_of(user), swarm_levels(user))


def _levels(user: Any, form: WishesForm) -> dict[int, int]:
    """Return what the form says of swarms, and what was said before of those it does not show."""
    before = {ref: level for ref, level in swarm_levels(user).items() if ref not in form.swarm_names}
    return before | form.swarm_levels()


def _target(said: dict[str, Any]) -> Target:
    held = said.get("subscription")
    held_keys = held.get("keys") if isinstance(held, dict) else None
    if not isinstance(held, dict) or not isinstance(held_keys, dict):
        raise InvalidInput(_("This is no push subscription."), hint=_("Subscribe from the page."))
    return Target(_word(held, "endpoint"), _word(held_keys, "p256dh"), _word(held_keys, "auth"))


def _word(said: dict[str, Any], name: str) -> str:
    value = said.get(name, "")
    if not isinstance(value, str) or len(value) > 2000:
        raise InvalidInput(_("%(name)s must be a short text.") % {"name": name}, hint=_("Use the page's buttons."))
    return value


def _ask_to_remove(name: str, action: str) -> dict[str, Any]:
    return {
        "title": _("Remove %(name)s?") % {"name": name},
        "effects": [_("Nothing is sent there any more.")],
        "undo": _("It can be added again."),
        "in_place": True,
        "action": action,
        "submit": _("Remove"),
        "danger": True,
        "cancel": reverse("notification_list"),
    }
