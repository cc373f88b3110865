"""The first operator of a new installation, and one-time links that sign somebody in."""

import hashlib
import secrets
import shlex
from datetime import timedelta
from typing import Any

from django.contrib.auth import get_user_model
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from agents.models import Provider, Setup, SignInLink, Workspace
from audit import topics
from audit.actors import SYSTEM, Actor, person
from audit.events import Fact, Kind, record
from victoros.lib import clock
from victoros.lib.errors import Category, NotFound, VictorError

FIRST_LINK_LASTS = timedelta(hours=24)
LINK_LASTS = timedelta(hours=1)
EMBEDDED_MODEL = "smollm2-135m-instruct"


class LinkRefused(VictorError):
    """A sign-in link that was used, is too old, or never was."""

    category = Category.AUTHENTICATION
    http_status = 403


def ensure_operator() -> str | None:
    """Make what a new installation needs; return the path of a sign-in link until one has been used.

    Makes the workspace Home, the superuser operator (who is then led through `/setup/`) and the embedded provider, each
    only if there is none of its sort yet. Safe to call at each start.
    """
    with transaction.atomic():
        _ensure_workspace()
        _ensure_provider()
        operator = _ensure_superuser()
        if SignInLink.objects.exclude(used_at=None).exists() or operator.last_login is not None:
            return None
        SignInLink.objects.filter(user=operator, used_at=None).delete()
        return _make_link(SYSTEM, operator, FIRST_LINK_LASTS)


def make_sign_in_link(*, actor: Actor, username: str | None = None) -> str:
    """Return the path of a new link for a person, by default the first superuser. Records `sign_in_link.made`."""
    people = get_user_model().objects.filter(is_active=True)
    user = (
        people.filter(username=username).first()
        if username
        else people.filter(is_superuser=True).order_by("pk").first()
    )
    if user is None:
        raise _nobody(username)
    with transaction.atomic():
        return _make_link(actor, user, LINK_LASTS)


def check_link(token: str) -> None:
    """Raise `LinkRefused` when the link signs nobody in (any more); leave it as it is."""
    if not _usable_links(token).exists():
        raise _refused()


def use_link(token: str) -> Any:
    """Return the user a link signs in and use the link up. Records `person.signed_in`."""
    links = _usable_links(token)
    with transaction.atomic():
        link = links.select_related("user").first()
        if link is None or not links.update(used_at=clock.now()):
            raise _refused()
        record(Fact(Kind.PERSON_SIGNED_IN, person(link.user), "person", link.user_id, link.user.get_username()))
        topics.bump(["audit"])
    return link.user


def _usable_links(token: str) -> QuerySet[SignInLink]:
    return SignInLink.objects.filter(
        digest=_digest(token), used_at=None, expires_at__gt=clock.now(), user__is_active=True
    )


def _refused() -> LinkRefused:
    return LinkRefused(
        _("This sign-in link was used before, is too old, or is not one of ours."),
        hint=_("Make a new one on the server: ./victor sign-in-link --user NAME"),
    )


def _nobody(username: str | None) -> NotFound:
    if not username:
        return NotFound(
            _("There is no active superuser."), hint=_("Run `./victor up` once: it makes the first operator.")
        )
    name = username[:80]
    if get_user_model().objects.filter(username=username).exists():
        hint = _("The account is switched off; a superuser switches it on in the Django admin.")
    else:
        hint = _("`./victor person add %(name)s` adds one; `./victor person list` shows who there is.") % {
            "name": shlex.quote(name)
        }
    return NotFound(_("There is no active person named %(name)s.") % {"name": name}, hint=hint)


def _ensure_workspace() -> None:
    if Workspace.objects.exists():
        return
    home = Workspace.objects.create(name="Home")
    record(Fact(Kind.WORKSPACE_CREATED, SYSTEM, "workspace", home.pk, home.name, workspace_ref=home.pk))


def _ensure_provider() -> None:
    if Provider.objects.exists():
        return
    embedded = Provider.objects.create(
        name="embedded",
        kind=Provider.Kind.EMBEDDED,
        model=EMBEDDED_MODEL,
        is_default=True,
        max_concurrent=2,
        timeout_s=120,
    )
    record(Fact(Kind.PROVIDER_ADDED, SYSTEM, "provider", embedded.pk, embedded.name, detail={"model": EMBEDDED_MODEL}))


def _ensure_superuser() -> Any:
    people = get_user_model().objects
    existing = people.filter(is_superuser=True, is_active=True).order_by("pk").first()
    if existing is not None:
        return existing
    operator = people.create_superuser("operator")
    Setup.objects.get_or_create(key=1)
    record(
        Fact(Kind.PERSON_CREATED, SYSTEM, "person", operator.pk, operator.get_username(), detail={"role": "superuser"})
    )
    return operator


def _make_link(actor: Actor, user: Any, lasts: timedelta) -> str:
    token = secrets.token_urlsafe(24)
    SignInLink.objects.create(user=user, digest=_digest(token), expires_at=clock.now() + lasts)
    record(Fact(Kind.SIGN_IN_LINK_MADE, actor, "person", user.pk, user.get_username()))
    topics.bump(["audit"])
    return f"/welcome/{token}/"


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
