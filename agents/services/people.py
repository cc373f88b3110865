"""Adding people. An account has no password: its person comes in by a one-time link and may set one then."""

import re
from dataclasses import dataclass

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from agents.models import Swarm, Workspace
from agents.services.first_run import make_sign_in_link
from agents.services.roles import grant_role
from audit import topics
from audit.actors import Actor
from audit.events import Fact, Kind, record
from victoros.lib.errors import Conflict, InvalidInput

LONGEST = 150
_NAME = re.compile(r"\w[\w.@+-]*")


@dataclass(frozen=True)
class Invitation:
    """A new person and how to get in."""

    user: User
    path: str
    """Path of a sign-in link that works once."""


def invite_person(
    *, actor: Actor, username: str, role: str = "", holder: Swarm | Workspace | None = None
) -> Invitation:
    """Add a person, give them `role` on `holder` if both are given, and make a sign-in link; all of it or nothing."""
    with transaction.atomic():
        user = add_person(actor=actor, username=username)
        if role and holder is not None:
            grant_role(actor=actor, username=user.username, role=role, holder=holder)
        return Invitation(user, make_sign_in_link(actor=actor, username=user.username))


def add_person(*, actor: Actor, username: str) -> User:
    """Make an account without a password and without rights. Records `person.created`."""
    name = _clean_username(username)
    _refuse_taken(name)
    try:
        with transaction.atomic():
            user = User.objects.create_user(name)
            record(Fact(Kind.PERSON_CREATED, actor, "person", user.pk, name))
            topics.bump(["audit"])
    except IntegrityError as error:  # somebody added the same name since we looked
        raise _taken(name) from error
    return user


def change_person(*, actor: Actor, user: User, username: str, password: str = "") -> list[str]:
    """Change what somebody is called, and their password unless it is empty; returns what changed.

    The password has been checked by a form (`AUTH_PASSWORD_VALIDATORS`). Records `person.changed`, never the password.
    """
    name = _clean_username(username)
    with transaction.atomic():
        row = User.objects.select_for_update().get(pk=user.pk)
        if name.casefold() != row.username.casefold():
            _refuse_taken(name)
        changed = _set_person(row, name, password)
        if changed:
            record(Fact(Kind.PERSON_CHANGED, actor, "person", row.pk, name, detail={"fields": changed}))
            topics.bump(["audit"])
    user.username, user.password = row.username, row.password
    return changed


def _set_person(row: User, name: str, password: str) -> list[str]:
    changed = ["username"] if row.username != name else []
    row.username = name
    if password:
        row.set_password(password)
        changed.append("password")
    try:
        with transaction.atomic():
            row.save(update_fields=["username", "password"])
    except IntegrityError as error:  # somebody took the same name since we looked
        raise _taken(name) from error
    return changed


def _clean_username(text: str) -> str:
    name = User.normalize_username(text.strip())
    if len(name) > LONGEST or not _NAME.fullmatch(name):
        raise InvalidInput(
            _("%(value)s cannot be a user name.") % {"value": repr(name[:80])},
            hint=_("Use 1 to %(longest)s letters, digits and . @ + - _, beginning with a letter or digit.")
            % {"longest": LONGEST},
        )
    return name


def _refuse_taken(name: str) -> None:
    """Names that differ in case alone are refused, too: nobody could tell them apart in the record."""
    other = User.objects.filter(username__iexact=name).first()
    if other is not None and not other.is_active:
        raise Conflict(
            _("There is an account named %(username)s already; it is switched off.") % {"username": other.username},
            hint=_("Choose another name, or switch the account on in the Django admin."),
        )
    if other is not None:
        raise _taken(other.username)


def _taken(name: str) -> Conflict:
    return Conflict(
        _("There is a person named %(name)s already.") % {"name": name},
        hint=_("Choose another name. `./victor sign-in-link --user %(name)s` signs that person in.") % {"name": name},
    )
