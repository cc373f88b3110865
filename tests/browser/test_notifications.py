"""Notifications in a real browser: what the worker shows of a push, what its buttons do, and what it says when they cannot."""

import json
from typing import Any

import pytest
from playwright.sync_api import CDPSession, Error, Page, expect
from pytest_django import Settings

from agents.models import Swarm
from audit.attention import settle_items
from audit.models import Notice
from audit.notifications.jobs import deliver
from tasks.models import Approval
from tests.agents.factories import OPERATOR, make_swarm
from tests.audit.notifications.conftest import ask
from tests.browser.conftest import OpenPage, session_cookie
from tests.browser.test_pages import BEYOND, use_phone
from tests.browser.thumb import find_narrow
from tests.browser.web import WebProcess
from tests.browsers import Browsers
from tests.running import wait_until
from tests.standins.push_service import PushService, run_push_service
from tests.tasks.pages.rows import make_approval, make_attempt, make_task

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

SHOWN = """navigator.serviceWorker.ready.then((worker) => worker.getNotifications()).then((all) => all.map((one) => (
  {title: one.title, body: one.body, tag: one.tag, actions: one.actions.map((action) => action.action)})))"""
PRESS = """async (action) => {
  const [notification] = await self.registration.getNotifications();
  const event = new NotificationEvent("notificationclick", {notification, action});
  let done = Promise.resolve();
  event.waitUntil = (promise) => { done = promise; };
  self.dispatchEvent(event);
  await done;
}"""
"""A press as the browser reports it; an event made by a script cannot be waited for in the usual way."""
COUNT = """() => {
  if (self.received !== undefined) return;
  self.received = 0;
  const wait = ExtendableEvent.prototype.waitUntil;
  ExtendableEvent.prototype.waitUntil = function (promise) {
    wait.call(this, promise);
    if (this.type === "push") Promise.resolve(promise).finally(() => { self.received += 1; });
  };
}"""
"""Counts the messages the worker has done with. Chromium forgets a notification somebody asks for while it is being put on the
screen (4 of 60, asked for without a pause), so no test looks before."""


class Phone:
    """A page with a subscribed worker, to which a test plays the push service."""

    def __init__(self, page: Page, service: PushService) -> None:
        self.page, self.service = page, service
        page.context.grant_permissions(["notifications"])
        page.evaluate("navigator.serviceWorker.ready.then(() => true)")
        self.session: CDPSession = page.context.new_cdp_session(page)
        self.registration = self._find_registration()

    def _find_registration(self) -> str:
        found: list[str] = []
        self.session.on(
            "ServiceWorker.workerRegistrationUpdated",
            lambda said: found.extend(one["registrationId"] for one in said["registrations"]),
        )
        self.session.send("ServiceWorker.enable")
        wait_until(lambda: self.page.evaluate("1") and found)
        return found[0]

    def subscribe(self) -> None:
        """Turn notifications on as the page's script does, with keys of the stand-in."""
        said = {"name": "phone", "subscription": self.service.handset().as_browser_says()}
        status = self.page.evaluate(
            """(said) => fetch("/account/notifications/devices/", {method: "POST", body: JSON.stringify(said), headers: {
            "Content-Type": "application/json", "X-CSRFToken": document.querySelector("[name=csrfmiddlewaretoken]").value}})
            .then((answer) => answer.status)""",
            said,
        )
        assert status == 200

    def deliver(self) -> None:
        """Send what is due, and hand the newest message to the browser."""
        deliver()
        self.push(self.service.messages()[-1])

    def push(self, message: dict[str, Any] | str) -> None:
        """Hand a message to the browser as its push service would, and wait until the worker has done with it."""
        data = message if isinstance(message, str) else json.dumps(message)
        where = {"origin": "/".join(self.page.url.split("/", 3)[:3]), "registrationId": self.registration}
        self.session.send("ServiceWorker.startWorker", {"scopeURL": f"{where['origin']}/"})
        wait_until(lambda: self.page.evaluate("1") and self.page.context.service_workers)
        worker = self.page.context.service_workers[0]
        worker.evaluate(COUNT)
        before = worker.evaluate("self.received")
        self.session.send("ServiceWorker.deliverPushMessage", where | {"data": data})
        wait_until(lambda: worker.evaluate("self.received") > before, 40)

    def shown(self) -> list[dict[str, Any]]:
        """Return the notifications on the screen; a page that is just leaving for the sign-in is asked again where it arrives."""
        try:
            found: list[dict[str, Any]] = self.page.evaluate(SHOWN)
        except Error as error:
            if "Execution context was destroyed" not in error.message:
                raise
            self.page.wait_for_load_state()
            found = self.page.evaluate(SHOWN)
        return found

    def expect(self, **fields: Any) -> dict[str, Any]:
        """Wait until exactly one notification is shown, with these fields."""
        seen: list[dict[str, Any]] = []

        def is_shown() -> bool:
            seen[:] = self.shown()
            return len(seen) == 1 and fields.items() <= seen[0].items()

        wait_until(is_shown, 40, lambda: f"{fields} was not shown, but {seen}")
        return seen[0]

    def press(self, action: str) -> None:
        """Press a button of the notification, or with an empty word the notification itself."""
        self.page.context.service_workers[0].evaluate(PRESS, action)


@pytest.fixture
def swarm(db: None) -> Swarm:
    """Where things wait."""
    return make_swarm("desk")


@pytest.fixture
def approval(swarm: Swarm) -> Approval:
    """An act that waits, with its item."""
    attempt = make_attempt(make_task(swarm, status="in_progress"), status="waiting", waiting_for="approval")
    approval = make_approval(attempt, arguments={"path": "secret-plan.md"})
    ask(swarm, ref=approval.pk, kind="approval", object_kind="approval", title="Publish secret-plan.md?")
    return approval


@pytest.fixture(autouse=True)
def leave(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let notifications go to this host, also from the web process, which begins after this."""
    settings.VICTOR_NOTIFY_PRIVATE = True
    monkeypatch.setenv("VICTOR_NOTIFY_PRIVATE", "1")


@pytest.fixture
def phone(open_page: OpenPage) -> Any:
    """A browser that is told."""
    with run_push_service() as service:
        phone = Phone(open_page("/account/notifications/"), service)
        phone.subscribe()
        yield phone


def state_of(approval: Approval) -> str:
    """Return how the approval stands."""
    approval.refresh_from_db()
    return approval.status


def test_approve_on_the_notification_approves(phone: Phone, approval: Approval) -> None:
    phone.deliver()
    shown = phone.expect(title="Approval needed", actions=["approve", "reject"])
    assert "secret-plan" not in str(shown)
    wait_until(lambda: Notice.objects.get().shown_at)
    phone.press("approve")
    phone.expect(title="Approved", actions=[], tag=shown["tag"])
    assert state_of(approval) == "approved"


def test_a_late_press_says_who_was_first(phone: Phone, approval: Approval) -> None:
    phone.deliver()
    phone.expect(title="Approval needed")
    Approval.objects.filter(pk=approval.pk).update(status="rejected", decided_by="kim")
    phone.press("approve")
    phone.expect(title="This was already rejected by kim, before.", actions=[])


def test_without_a_connection_nothing_is_decided_and_the_buttons_stay(
    phone: Phone, approval: Approval, web: WebProcess
) -> None:
    phone.deliver()
    phone.expect(title="Approval needed")
    web.stop()
    phone.press("reject")
    said = phone.expect(title="Not sent: no connection", actions=["approve", "reject"])
    assert said["body"].startswith("Nothing was decided.")
    assert state_of(approval) == "pending"
    web.start()
    phone.press("reject")
    phone.expect(title="Rejected")
    assert state_of(approval) == "rejected"


def test_signed_out_nothing_is_decided(phone: Phone, approval: Approval) -> None:
    phone.deliver()
    phone.expect(title="Approval needed")
    phone.page.context.clear_cookies()
    phone.press("approve")
    phone.expect(title="Sign in to decide", actions=[])
    assert state_of(approval) == "pending"


def test_what_is_settled_elsewhere_leaves_the_screen(phone: Phone, approval: Approval) -> None:
    phone.deliver()
    phone.expect(title="Approval needed")
    settle_items(actor=OPERATOR, object_kind="approval", object_ref=approval.pk, answer="approved")
    phone.deliver()
    wait_until(lambda: not phone.shown(), 40)


def test_a_push_that_is_not_ours_shows_something_harmless(phone: Phone) -> None:
    phone.push("no json")
    phone.expect(title="Something needs you")


def test_a_test_is_shown_and_reported(phone: Phone) -> None:
    page = phone.page
    page.reload()
    page.get_by_role("button", name="Test").click()
    expect(page.get_by_text("127.0.0.1 took it in")).to_be_visible()
    phone.push(phone.service.messages()[-1])
    phone.expect(title="Victor.os reaches this device")
    expect(page.get_by_text("last shown")).to_be_visible()


def test_the_page_says_what_this_device_needs_and_fits_a_phone(open_page: OpenPage) -> None:
    page = open_page("/account/notifications/")
    use_phone(page)
    expect(page.locator("[data-push][data-push-now]")).to_be_visible()
    assert page.locator("[data-push-state]:not([hidden])").count() == 1
    assert page.evaluate(BEYOND) == []
    assert find_narrow(page) == []
    page.emulate_media(color_scheme="dark")


def test_an_iphone_is_told_to_add_the_site_to_the_home_screen(
    browsers: Browsers, web: WebProcess, operator: Any
) -> None:
    agent = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 Version/17.0 Mobile/15E148 Safari/604.1"
    with browsers.open(user_agent=agent) as context:
        context.add_init_script("delete window.PushManager;")
        context.add_cookies([session_cookie(web.url, operator)])
        page = context.new_page()
        page.goto(f"{web.url}/account/notifications/")
        expect(page.get_by_text("Add to Home Screen")).to_be_visible()
        expect(page.get_by_role("button", name="Turn on here")).to_be_hidden()
