"""Tokens inside notifications: by one the device says that it showed it, and one act can be decided from it, once.

A token travels encrypted to one device; only its sha256 is kept, in the notice, which names the person, the device, the item and
the exact act.
"""

import secrets
from collections.abc import Sequence
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from audit.models import Notice
from audit.notifications import subscriptions
from audit.notifications.subscriptions import digest_of
from victoros.lib import clock
from victoros.lib.errors import Conflict, NotAllowed, NotFound


class TokenRefused(Conflict):
    """The notification cannot be answered any more; nothing was changed."""


def issue(notices: Sequence[Notice], act_digest: str = "") -> str:
    """Give the notices of one message a fresh token; earlier ones stop working. Only one alone can be decided by it."""
    token = secrets.token_urlsafe(24)
    Notice.objects.filter(pk__in=[notice.pk for notice in notices]).update(
        token_digest=digest_of(token),
        token_until=clock.now() + timedelta(seconds=settings.VICTOR_NOTIFY_TOKEN_S),
        act_digest=act_digest if len(notices) == 1 else "",
    )
    return token


def take_up(*, token: str, user_ref: int, device_ref: int | None) -> Notice:
    """Return the notice that this person may decide from this device by `token`; raises for every other case."""
    rows = Notice.objects.select_related("item", "subscription").filter(token_digest=digest_of(token))
    found = list(rows[:2]) if token else []
    if len(found) != 1 or not found[0].act_digest:
        raise NotFound(_("This notification is not known any more."), hint=_("Open the page to see what needs you."))
    notice = found[0]
    if notice.user_id != user_ref:
        raise NotAllowed(
            _("This notification was sent to somebody else."), hint=_("Sign in as the one it was sent to.")
        )
    if notice.subscription_id != device_ref:
        raise NotAllowed(_("This notification was sent to another device."), hint=_("Open the page and decide there."))
    return notice


def spend(notice: Notice, answer: str) -> bool:
    """Use the token up for `answer`; False when it was used for the same before. Call it in the decision's transaction."""
    if notice.token_until is not None and notice.token_until < clock.now() and not notice.answer:
        raise TokenRefused(_("This notification is too old to answer from."), hint=_("Open the page and decide there."))
    fresh = Notice.objects.filter(pk=notice.pk, answer="").update(answer=answer)
    if not fresh:
        notice.refresh_from_db(fields=["answer"])
        if notice.answer != answer:
            raise TokenRefused(
                _("This notification was answered with the opposite already."),
                hint=_("Nothing was changed. Open the page."),
            )
    return bool(fresh)


def report_shown(token: str) -> bool:
    """Keep that the device showed what came with this token; False when nobody knows it."""
    rows = Notice.objects.filter(token_digest=digest_of(token)) if token else Notice.objects.none()
    first = rows.select_related("subscription").first()
    device = first.subscription if first else subscriptions.device_of_test(token)
    if device is None:
        return False
    with transaction.atomic():
        rows.filter(shown_at=None).update(shown_at=clock.now())
        subscriptions.note_shown(device=device)
    return True
