"""`chaos pages`: people keep pages open in Chromium while work rushes by and everything between them and the work breaks.

Afterwards every section of every page must show what a fresh GET of it shows: state before + events = fresh render.
"""

import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urljoin, urlsplit

from redis import Redis

from agents.services.roles import grant_role, revoke_role
from audit.actors import SYSTEM
from audit.models import Entry
from tasks.models import Task
from victoros.ops.browsing import browsing, show_cookies
from victoros.ops.chaos.processes import Web
from victoros.ops.chaos.proxy import CUT, PASS, SILENT, SLOW, Line
from victoros.ops.chaos.sameness import await_same
from victoros.ops.chaos.world import World
from victoros.ops.visiting import make_cookies, make_operator, make_person

CELLS = 2
FRESH_S = 5.0
"""So long after all is well again every page must be true."""
BUSY_S = 15.0
"""The same for the short size, which shares its machine with other tests."""
LOOKED_S = 30.0
"""Looked on for so long, to tell late from never."""
CALM_S = 300.0


@dataclass
class Looking:
    """The open pages, and what was seen of them."""

    world: World
    web: Web
    line: Line
    context: Any
    pages: list[Any]
    slowest: dict[str, float] = field(default_factory=dict)
    violations: list[str] = field(default_factory=list)

    def look_at(self, task: int) -> None:
        """Show a task that has yet to be done on the page that shows a task."""
        page = next(page for page in self.pages if re.fullmatch(r".*/tasks/\d+/", page.url))
        page.goto(urljoin(page.url, f"/tasks/{task}/"))
        page.wait_for_selector("[data-live-state=live]", timeout=30_000)

    def judge(self, way: str) -> None:
        """Compare every page with a fresh render; late is broken, too."""
        took, said = await_same(self.pages, LOOKED_S)
        self.slowest[way] = max(took, self.slowest.get(way, 0.0))
        if said:
            self.violations += [f"after {way}: {words}" for words in said[:5]]
        elif took > self.world.plan.size(FRESH_S, BUSY_S):
            self.violations.append(f"after {way} the pages were true only after {took:.1f} s")


def run(world: World) -> dict[str, Any]:
    """Let work rush by under every fault; returns how long after each the pages were true again."""
    tasks, steps = world.plan.size((300, 34), (30, 4))
    before = Entry.objects.count()
    with world.crew(CELLS), looking(world) as eyes:
        for way in _ways(world):
            if world.time_is_up:
                break
            given = world.give(tasks, steps)
            eyes.look_at(given[-1])
            world.note(way)
            WAYS[way](eyes, world.plan.random.uniform(*world.plan.size((3.0, 12.0), (1.0, 2.0))))
            if not world.await_settled(given, CALM_S):
                eyes.violations.append(f"after {way} the work had not ended in {CALM_S:.0f} s")
            eyes.judge(way)
        _take_rights_away(eyes)
    events = Entry.objects.count() - before
    return {
        "events": events,
        "pages": len(eyes.pages),
        "true_after_s": {way: round(took, 2) for way, took in eyes.slowest.items()},
        "violations": eyes.violations,
    }


@contextmanager
def looking(world: World) -> Iterator[Looking]:
    """Open every main page, two of them twice, through a line that can be cut."""
    task = world.give(1, 2)[0]
    world.await_settled([task], CALM_S)
    paths = ["/", "/tasks/?search=Task", "/needs-me/", f"/tasks/{task}/", f"/swarms/{world.swarm.pk}/"]
    more = [f"/agents/{world.agent.pk}/", "/tasks/?view=board", "/cells/", "/swarms/", "/agents/", "/"]
    with Web(world.home).running() as web:
        line = Line(("127.0.0.1", urlsplit(web.url).port or 0))
        url = f"http://127.0.0.1:{line.port}"
        try:
            with browsing() as context:
                show_cookies(context, url, make_cookies(make_operator()))
                pages = [_open(context, f"{url}{path}") for path in world.plan.size(paths + more, paths)]
                yield Looking(world, web, line, context, pages)
        finally:
            line.close()


def _open(context: Any, address: str) -> Any:
    page = context.new_page()
    page.goto(address)
    page.wait_for_selector("[data-live-state=live]", timeout=30_000)
    return page


def _ways(world: World) -> list[str]:
    ways = sorted(WAYS) * world.plan.size(3, 1)
    world.plan.random.shuffle(ways)
    return ways


def _nothing(eyes: Looking, seconds: float) -> None:
    """Only the work rushes by."""
    time.sleep(seconds)


def _cut(eyes: Looking, seconds: float) -> None:
    eyes.line.behave(CUT)
    time.sleep(seconds)
    eyes.line.behave(PASS)


def _silence(eyes: Looking, seconds: float) -> None:
    eyes.line.behave(SILENT)
    time.sleep(seconds)
    eyes.line.behave(PASS)


def _slow(eyes: Looking, seconds: float) -> None:
    eyes.line.behave(SLOW)
    time.sleep(seconds)
    eyes.line.behave(PASS)


def _restart_web(eyes: Looking, seconds: float) -> None:
    eyes.web.kill()
    time.sleep(seconds)
    eyes.web.start()


def _restart_redis(eyes: Looking, seconds: float) -> None:
    eyes.world.valkey.kill()
    time.sleep(seconds)
    eyes.world.valkey.start()


def _empty_redis(eyes: Looking, seconds: float) -> None:
    with Redis.from_url(eyes.world.redis_url) as redis:
        redis.flushall()
    time.sleep(seconds)


def _freeze_redis(eyes: Looking, seconds: float) -> None:
    eyes.world.valkey.pause()
    time.sleep(seconds)
    eyes.world.valkey.resume()


def _sleep(eyes: Looking, seconds: float) -> None:
    """Freeze the tabs, as a phone in a pocket does, and wake them."""
    sessions = [eyes.context.new_cdp_session(page) for page in eyes.pages]
    for session in sessions:
        session.send("Page.setWebLifecycleState", {"state": "frozen"})
    time.sleep(seconds)
    for session in sessions:
        session.send("Page.setWebLifecycleState", {"state": "active"})
        session.detach()


def _take_rights_away(eyes: Looking) -> None:
    """Somebody who may see the swarm looks at a task of it; then may not any more: the page must let go of it."""
    world = eyes.world
    title, person = f"Secret of {world.plan.seed}", make_person()
    task = world.give(1, 2)[0]
    Task.objects.filter(pk=task).update(text=title)
    grant_role(actor=SYSTEM, username=person.get_username(), role="viewer", holder=world.swarm)
    url = f"http://127.0.0.1:{eyes.line.port}"
    with browsing(eyes.context.browser) as context:
        show_cookies(context, url, make_cookies(person))
        page = _open(context, f"{url}/tasks/{task}/")
        seen = title in page.inner_text("body")
        revoke_role(actor=SYSTEM, username=person.get_username(), holder=world.swarm)
        deadline = time.monotonic() + FRESH_S
        while title in page.inner_text("body") and time.monotonic() < deadline:
            time.sleep(0.05)
        if not seen or title in page.inner_text("body"):
            eyes.violations.append(
                "who lost the right to see a task still sees it" if seen else "the task was not shown"
            )


WAYS: dict[str, Callable[[Looking, float], None]] = {
    "nothing": _nothing,
    "line cut": _cut,
    "line silent": _silence,
    "line slow": _slow,
    "web restarted": _restart_web,
    "redis restarted": _restart_redis,
    "redis emptied": _empty_redis,
    "redis frozen": _freeze_redis,
    "tabs asleep": _sleep,
}
