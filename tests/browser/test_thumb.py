"""Whatever can be pressed on a phone has room for a thumb, measured by what a thumb would hit."""

import pytest
from django.db import connection

from tests.browser.conftest import OpenPage
from tests.browser.crawl import list_pages
from tests.browser.thumb import find_narrow
from tests.browser.world import make_readers, make_world

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.timeout(900),
    pytest.mark.skipif(
        connection.vendor != "sqlite", reason="the same pages whatever holds their rows: judged on SQLite"
    ),
]

PHONE = {"width": 360, "height": 780}
PUT_IN = """() => {
  document.querySelector("main .page").insertAdjacentHTML("afterbegin",
    '<div><a href="#small">small</a></div><div id="lid"><a href="#lid" class="button">beneath</a><b>over</b></div>');
  document.querySelector("#lid").style.position = "relative";
  Object.assign(document.querySelector("#lid b").style, { position: "absolute", inset: "0" });
}"""


@pytest.mark.parametrize("name", ["viewer", "superuser"])
def test_whatever_is_pressed_has_room_for_a_thumb(open_page: OpenPage, name: str) -> None:
    reader = make_readers(make_world())[name]
    page = open_page("/", reader)
    page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    site = page.url.rstrip("/")
    narrow: dict[str, list[str]] = {}
    for address in list_pages(reader):
        page.goto(site + address)
        if found := find_narrow(page):
            narrow[address] = found
    assert narrow == {}


def test_the_measure_sees_what_is_small_and_what_lies_beneath(open_page: OpenPage) -> None:
    page = open_page("/keys/")
    page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    page.evaluate(PUT_IN)
    found = find_narrow(page)
    assert [said.split(": ")[0].startswith("covered") for said in found] == [False, True]
    assert ["#small" in found[0], "#lid" in found[1]] == [True, True]
