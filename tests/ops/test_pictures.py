"""The invented installation that pictures are taken of: every page of it can be looked at."""

import re
from datetime import date
from pathlib import Path

import pytest
import time_machine
from django.conf import settings
from django.contrib.auth import get_user_model
from django.db.models import Sum
from django.test import Client

from agents.models import Agent, Provider
from tasks.models import Cell, Spend, Step
from tests.agents.factories import make_user
from victoros.lib import clock
from victoros.ops.pictures import scene
from victoros.ops.pictures.cast import make_cells
from victoros.ops.pictures.command import MOST_BYTES
from victoros.ops.pictures.taking import DOCUMENTED, PAGES, SERVED_WITH

pytestmark = pytest.mark.django_db
ROOT = Path(__file__).resolve().parents[2]


def test_the_pictures_of_the_documents_are_pictures_and_light() -> None:
    shown = set(
        re.findall(
            r"\]\((?:docs/)?([\w-]+\.png)\)", (ROOT / "README.md").read_text() + (ROOT / "docs/tour.md").read_text()
        )
    )

    assert shown == {f"{name}.png" for name in DOCUMENTED}
    for name in shown:
        picture = (ROOT / "docs" / name).read_bytes()
        assert picture.startswith(b"\x89PNG\r\n")
        assert len(picture) <= MOST_BYTES


@pytest.mark.django_db(transaction=True, reset_sequences=True)  # the addresses hold numbers of rows
def test_every_page_of_the_scene_can_be_looked_at(client: Client) -> None:
    assert scene.build().startswith("/welcome/")
    client.force_login(get_user_model().objects.get())
    Cell.objects.update(heartbeat_at="2020-01-01T00:00:00Z")
    scene.freshen()

    assert {address: client.get(address).status_code for address in PAGES.values()} == dict.fromkeys(
        PAGES.values(), 200
    )
    assert Cell.objects.filter(status="alive", heartbeat_at__year__gt=2020).count() == 3
    assert Agent.objects.get(name="reader-01").version == 2
    assert "$0<" not in client.get(PAGES["costs"]).content.decode()
    assert client.get(PAGES["providers"]).content.decode().count("It answered: ready") == Provider.objects.count() == 3


@pytest.mark.django_db(transaction=True, reset_sequences=True)
def test_a_scene_made_shortly_after_midnight_counts_all_of_its_journal_as_of_today() -> None:
    with time_machine.travel("2026-03-01T00:05:00Z"):
        scene.build()

        of_today = Spend.objects.filter(day=date(2026, 3, 1)).aggregate(Sum("calls"))["calls__sum"]

    assert of_today == Step.objects.filter(kind=Step.Kind.THINK).count()
    assert Step.objects.filter(kind=Step.Kind.THINK, finished_at__lt="2026-03-01T00:00:00Z").exists()


def test_the_picture_of_settings_tells_nothing_of_the_machine(client: Client) -> None:
    client.force_login(make_user(superuser=True))

    told = client.get(PAGES["settings"]).content.decode()

    assert "VICTOR_CELLS" in told
    assert str(settings.VICTOR_HOME) not in told
    assert SERVED_WITH["VICTOR_HOST_NAME"] in {cell.host.split("/")[0] for cell in make_cells(clock.now())}
