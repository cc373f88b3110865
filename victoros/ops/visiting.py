"""A signed-in operator made on the spot, for benches and fault runs that look at pages. Never on a running installation."""

import uuid

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY, get_user_model
from django.contrib.auth.models import AbstractBaseUser
from django.contrib.sessions.backends.db import SessionStore

TOKEN = "x" * 32


def make_operator() -> AbstractBaseUser:
    """Make a person who may do everything."""
    made: AbstractBaseUser = get_user_model().objects.create_superuser(username=f"visitor-{uuid.uuid4().hex[:6]}")
    return made


def make_person() -> AbstractBaseUser:
    """Make a person who may do nothing yet."""
    made: AbstractBaseUser = get_user_model().objects.create_user(f"visitor-{uuid.uuid4().hex[:6]}")
    return made


def make_cookies(user: AbstractBaseUser) -> dict[str, str]:
    """Make a session of `user`; returns the cookies a browser would hold, by name."""
    session = SessionStore()
    session[SESSION_KEY], session[BACKEND_SESSION_KEY] = str(user.pk), settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.save()
    return {settings.SESSION_COOKIE_NAME: str(session.session_key), settings.CSRF_COOKIE_NAME: TOKEN}


def as_header(cookies: dict[str, str]) -> str:
    """Write cookies as the value of a `Cookie` header."""
    return "; ".join(f"{name}={value}" for name, value in cookies.items())
