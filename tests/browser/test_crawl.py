"""The crawl of the browser tests knows how to open every address; without a browser, so that it fails at once."""

from typing import Any

import pytest

from tests.agents.factories import make_user
from tests.browser.crawl import open_all
from tests.browser.world import make_world

pytestmark = pytest.mark.django_db


def test_every_address_can_be_opened_or_is_named_as_no_page() -> None:
    make_world()
    operator: Any = make_user(superuser=True)

    crawl = open_all(operator)

    assert (crawl.unopened, crawl.failed) == ([], {}), "tell tests/browser/crawl.py how to open them"
    assert {"/", "/gallery/?look=dark", "/cells/"} <= set(crawl.pages)
