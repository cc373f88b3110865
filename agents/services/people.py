"""Adding people. An account has no password: its person comes in by a one-time link and may set one then."""

import re
from dataclasses import dataclass

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction

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


def _clean_username(text: str) -> str:
    name = User.normalize_username(text.strip())
    if len(name) > LONGEST or not _NAME.fullmatch(name):
        raise InvalidInput(
            f"{name[:80]!r} cannot be a user name.",
            hint=f"Use 1 to {LONGEST} letters, digits and . @ + - _, beginning with a letter or digit.",
        )
    return name


def _refuse_taken(name: str) -> None:
    """Names that differ in case alone are refused, too: nobody could tell them apart in the record."""
    other = User.objects.filter(username__iexact=name).first()
    if other is not None and not other.is_active:
        raise Conflict(
            f"There is an account named {other.username} already; it is switched off.",
            hint="Choose another name, or switch the account on in the Django admin.",
        )
    if other is not None:
        raise _taken(other.username)


def _taken(name: str) -> Conflict:
    return Conflict(
        f"There is a person named {name} already.",
        hint=f"Choose another name. `./victor sign-in-link --user {name}` signs that person in.",
    )
