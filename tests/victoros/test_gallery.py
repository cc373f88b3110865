"""The gallery shows every component to staff, and to nobody else that there is one."""

import pytest
from django.test import Client
from django.urls import reverse

from tests.agents.factories import make_user
from victoros.lib.shapes import LOOKS

pytestmark = pytest.mark.django_db


def test_staff_see_every_status_and_the_look_asked_for(client: Client) -> None:
    client.force_login(make_user(superuser=True))

    page = client.get(reverse("gallery"), {"look": "dark"}).content.decode()

    assert [status for status in LOOKS if f'data-status="{status}"' not in page] == ["yes", "late", "no", "unknown"]
    assert 'class="gallery-look" data-look="dark"' in page
    assert 'class="gallery-look" data-look="system"' in client.get(reverse("gallery"), {"look": "<b>"}).content.decode()


def test_others_are_told_that_there_is_no_such_page(client: Client) -> None:
    client.force_login(make_user())

    assert client.get(reverse("gallery")).status_code == 404
