"""The site as an installed application: what the system needs, and what it shows while the server is away."""

import json

import pytest
from django.test import Client
from playwright.sync_api import expect

from tests.agents.factories import make_swarm
from tests.browser.conftest import OpenPage
from tests.browser.web import WebProcess
from tests.tasks.pages.rows import make_task

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_the_browser_finds_nothing_missing_to_install_it(open_page: OpenPage) -> None:
    page = open_page("/")
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    session = page.context.new_cdp_session(page)
    found = session.send("Page.getAppManifest")
    assert found["errors"] == []
    manifest = json.loads(found["data"])
    for icon in manifest["icons"]:
        assert page.request.get("/".join(page.url.split("/", 3)[:3]) + icon["src"]).ok
    missing = session.send("Page.getInstallabilityErrors")["installabilityErrors"]
    assert [one for one in missing if one["errorId"] != "in-incognito"] == []


def test_while_the_server_is_away_a_page_says_so_and_comes_back(open_page: OpenPage, web: WebProcess) -> None:
    task = make_task(make_swarm(), title="Summarise the harbour report")
    page = open_page("/tasks/")
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    web.stop()
    page.goto(f"{web.url}/tasks/{task.pk}/")
    expect(page.get_by_role("heading", name="Victor.os cannot be reached")).to_be_visible()
    assert page.get_by_text("harbour").count() == 0
    web.start()
    expect(page.get_by_role("heading", name="Summarise the harbour report")).to_be_visible()


def test_no_page_is_ever_served_from_memory(open_page: OpenPage) -> None:
    page = open_page("/tasks/")
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    kept = page.evaluate(
        "caches.keys().then((names) => Promise.all(names.map((name) => caches.open(name).then((one) => one.keys()))))"
        ".then((all) => all.flat().map((request) => new URL(request.url).pathname))"
    )
    assert len(kept) == 4
    assert "/offline/" in kept
    assert not [path for path in kept if path not in ("/offline/",) and not path.startswith(("/assets/", "/static/"))]


def test_a_stranger_gets_worker_manifest_and_page(client: Client) -> None:
    for path in ("/worker.js", "/manifest.webmanifest", "/offline/"):
        assert client.get(path).status_code == 200
    assert client.get("/worker.js")["Cache-Control"] == "no-cache"
