"""Every main page stays light for a browser and for a telephone line, however much there is."""

import pytest
from django.test import Client

from audit.actors import SYSTEM
from tests.agents.factories import make_user
from victoros.dashboard.assets import PARTS, load_bundle
from victoros.demo.fill import fill_demo
from victoros.demo.sizes import Size
from victoros.ops.bench.main_pages import list_main_pages
from victoros.ops.bench.weighing import Weight, weigh

pytestmark = [pytest.mark.django_db, pytest.mark.timeout(300)]

MUCH = Size(agents=600, tasks=3_000, steps=9_000)
"""Enough to fill every list of every page to its end."""
MOST_TAGS = 2_500
MOST_BYTES = 200_000
"""Of a page with its styles and scripts, compressed."""
MOST_REQUESTS = 6


def weigh_all() -> dict[str, Weight]:
    """Weigh every main page with much in it."""
    fill_demo(actor=SYSTEM, size=MUCH, at_work=True)
    client = Client()
    client.force_login(make_user(superuser=True))
    return {name: weigh(client.get(address).content) for name, address in list_main_pages().items()}


def test_every_main_page_is_light() -> None:
    weights = weigh_all()
    assets = sum(len(load_bundle(name).packed) for name in PARTS)

    assert {name: weight.tags for name, weight in weights.items() if weight.tags >= MOST_TAGS} == {}
    heavy = {name: weight.compressed + assets for name, weight in weights.items()}
    assert {name: size for name, size in heavy.items() if size > MOST_BYTES} == {}
    assert weights["agents"].tags > weights["providers"].tags > 50


def test_a_page_comes_with_few_requests() -> None:
    client = Client()
    client.force_login(make_user(superuser=True))
    page = client.get("/").text

    assert page.count("<script src=") + page.count('rel="stylesheet"') <= MOST_REQUESTS - 2
