"""Browsers for the four kinds of people every page must tell apart."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from agents.models import Swarm
from tests.agents.factories import make_user

SignedIn = Callable[..., Client]


@pytest.fixture
def signed_in(db: None) -> SignedIn:
    """Return a browser in which somebody with this role on this swarm is signed in; `admin` alone is a superuser."""

    def sign_in(role: str = "superuser", swarm: Swarm | None = None, **extra: Any) -> Client:
        user = (
            make_user(superuser=True) if role == "superuser" else make_user("" if role == "stranger" else role, swarm)
        )
        client = Client(**extra)
        client.force_login(user)
        return client

    return sign_in
