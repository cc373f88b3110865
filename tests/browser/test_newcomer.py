"""The newcomer's path: from the sign-in link that `up` prints to the published digest, nothing doubled, nothing pretended."""

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.running import WITH_MODEL, RunningVictor, start_victor

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Page

pytestmark = [pytest.mark.browser, pytest.mark.model, pytest.mark.timeout(400)]

REPORT = (
    "# Disk full on node {n}\n\nThe disk of node {n} was filled by a log that nobody had rotated for weeks. "
    "Customers saw half of each page, because large answers could not be buffered any more. "
    "The on-call engineer deleted the log, and every page of node {n} was whole again.\n"
)
SLOW_MS = 240_000


@pytest.fixture
def reports(tmp_path: Path) -> Path:
    folder = tmp_path / "reports"
    folder.mkdir()
    for n in range(3):
        (folder / f"report-{n}.md").write_text(REPORT.format(n=n))
    return folder


def sign_in(victor: RunningVictor, context: "BrowserContext") -> "Page":
    """Follow the link that `up` printed."""
    line = victor.wait_for_line("sign in")
    match = re.search(r"http\S+", line)
    assert match
    page = context.new_page()
    page.goto(match.group())
    expect(page.get_by_role("heading", name="Board")).to_be_visible()
    return page


def make_desk(page: "Page", folder: Path) -> None:
    """Fill in the form for a new swarm from the template."""
    page.get_by_role("link", name="New swarm").first.click()
    page.fill("[name=name]", "reports")
    page.select_option("[name=template]", "desk")
    page.fill("[name=input_folder]", str(folder))
    page.get_by_role("button", name="Make the swarm").click()
    expect(page.get_by_role("heading", name="reports")).to_be_visible()


def test_from_the_sign_in_link_to_the_published_digest(
    tmp_path: Path, reports: Path, browser_context: "BrowserContext"
) -> None:
    home = tmp_path / "home"
    with start_victor(home, WITH_MODEL) as victor:
        page = sign_in(victor, browser_context)
        make_desk(page, reports)
        page.get_by_role("link", name="Board").first.click()
        page.evaluate("window.untouched = true")

        approve = page.get_by_role("button", name=re.compile("^Approve"))
        expect(approve.first).to_be_visible(timeout=SLOW_MS)
        assert page.evaluate("window.untouched"), "the approval must appear without a reload"
        assert not list(home.glob("swarms/*/published/*")), "nothing is published before a person agrees"
        approve.first.click()

        expect(approve).to_have_count(0, timeout=SLOW_MS)
        page.goto(f"{victor.url}/tasks/?q=digest")
        page.get_by_role("link", name=re.compile("^Publish the digest")).first.click()
        expect(page.get_by_text("Documents read: 3.")).to_be_visible(timeout=SLOW_MS)
        expect(page.get_by_text(re.compile("verified by checker")).first).to_be_visible(timeout=SLOW_MS)

    (published,) = home.glob("swarms/*/published/digest.md")
    text = published.read_text()
    assert all(f"### report-{n}.md" in text for n in range(3))
    assert "filled by a log that nobody had rotated" in text


def test_the_link_works_once(tmp_path: Path, browser_context: "BrowserContext") -> None:
    with start_victor(tmp_path / "home") as victor:
        sign_in(victor, browser_context)
        link = re.search(r"http\S+", victor.wait_for_line("sign in"))
        assert link
        browser_context.clear_cookies()
        page = browser_context.new_page()
        page.goto(link.group())
        expect(page.get_by_role("heading", name="Board")).to_have_count(0)
