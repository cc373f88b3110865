"""A person in front of the pages during a fault run: reads, and gives work through the form, again and again."""

import http.client
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

from victoros.ops.chaos.programs import STEPS
from victoros.ops.chaos.record import Record, read_record
from victoros.ops.chaos.world import World
from victoros.ops.visiting import TOKEN, as_header, make_cookies, make_operator

VISITS = "visits.jsonl"
PAUSE_S = 0.2
PATIENCE_S = 40.0
FULL = "The disk of the database is full."
GOOD, AWAY = (200, 302), 503


@dataclass(frozen=True)
class Visit:
    """One request and what came of it; status 0: no answer."""

    at: float
    path: str
    posted: bool
    status: int
    took_s: float
    retry_after: str
    told_full: bool
    """Whether the page said that the disk is full."""


class Visitor:
    """One signed-in operator. `world` gives the swarm; the session is made in the database, before anything is broken."""

    def __init__(self, world: World, url: str) -> None:
        self._world, self._host = world, urlsplit(url).netloc
        self._cookie = as_header(make_cookies(make_operator()))
        self._paths = ["/", "/tasks/", f"/swarms/{world.swarm.pk}/", "/live/tally/", "/healthz"]
        self._record = Record(world.home / VISITS)
        self._unsure = ""
        self.given: list[int] = []
        """Tasks whose creation was confirmed by an answer."""

    def visit_for_ever(self, done: threading.Event) -> None:
        """Read one page and give one task, then rest, until told that it is enough."""
        turn = 0
        while not done.wait(PAUSE_S):
            self.ask("GET", self._paths[turn % len(self._paths)])
            self.give_task()
            turn += 1

    def give_task(self) -> int:
        """Send the form; a form whose fate is unknown is sent again as it was. Returns the status."""
        once = self._unsure or uuid.uuid4().hex
        body = urlencode({"title": f"Asked {once[:6]}", "once": once, "priority": "0", "csrfmiddlewaretoken": TOKEN})
        status, place = self.ask("POST", f"/tasks/new/?swarm={self._world.swarm.pk}", body)
        self._unsure = "" if status in GOOD else once
        if status == 302:
            task = int(place.strip("/").rsplit("/", 1)[-1])
            self._world.accept(task, STEPS)
            self.given.append(task)
        return status

    def ask(self, method: str, path: str, body: str = "") -> tuple[int, str]:
        """Send one request and write down what came of it; returns status (0: no answer) and `Location`."""
        began = time.time()
        status, headers, text = self._exchange(method, path, body)
        facts = {"path": path.partition("?")[0], "posted": method == "POST", "status": status}
        retry = headers.get("Retry-After", "")
        self._record.add(began=began, took_s=time.time() - began, retry_after=retry, told_full=FULL in text, **facts)
        return status, headers.get("Location", "")

    def _exchange(self, method: str, path: str, body: str) -> tuple[int, dict[str, str], str]:
        line = http.client.HTTPConnection(self._host, timeout=PATIENCE_S)
        headers = {"Cookie": self._cookie}
        if body:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        try:
            line.request(method, path, body or None, headers)
            answer = line.getresponse()
            text = answer.read().decode(errors="replace")
            return answer.status, dict(answer.getheaders()), text
        except (OSError, http.client.HTTPException):
            return 0, {}, ""
        finally:
            line.close()


@contextmanager
def visiting(world: World, url: str) -> Iterator[Visitor]:
    """Let somebody use the pages until the block ends."""
    visitor, done = Visitor(world, url), threading.Event()
    thread = threading.Thread(target=visitor.visit_for_ever, args=(done,), name="visitor")
    thread.start()
    try:
        yield visitor
    finally:
        done.set()
        thread.join()


def read_visits(world: World) -> list[Visit]:
    """Return all visits in order."""
    return [
        Visit(
            row["began"], row["path"], row["posted"], row["status"], row["took_s"], row["retry_after"], row["told_full"]
        )
        for row in read_record(world.home / VISITS)
    ]


def judge_visits(visits: list[Visit], *, may_be_away: bool, longest_s: float) -> tuple[dict[str, Any], list[str]]:
    """Return figures, and what no visitor should have seen: wrong statuses, a 503 without a word, answers that took too long."""
    allowed = {*GOOD, AWAY} if may_be_away else set(GOOD)
    said = [f"{one.path} answered {one.status or 'nothing'}" for one in visits if one.status not in allowed]
    said += [
        f"{one.path} answered 503 without Retry-After" for one in visits if one.status == AWAY and not one.retry_after
    ]
    said += [f"{one.path} took {one.took_s:.1f} s" for one in visits if one.took_s > longest_s]
    took = sorted(one.took_s for one in visits)
    figures = {
        "visits": len(visits),
        "visits_503": sum(one.status == AWAY for one in visits),
        "visit_p50_s": round(took[len(took) // 2], 3) if took else 0.0,
        "visit_longest_s": round(took[-1], 2) if took else 0.0,
        "tasks_by_form": sum(one.posted and one.status == 302 for one in visits),
    }
    return figures, said[:20]
