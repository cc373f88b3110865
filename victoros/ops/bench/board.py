"""`bench board`: every main page over HTTP, with much in it and with a hundredth of that, by a web process each."""

import gzip
import http.client
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg

from victoros.demo.sizes import FULL, Size
from victoros.ops.bench.scratch import ROOT, BenchFailed
from victoros.ops.bench.spent import cpu_seconds
from victoros.ops.bench.weighing import Weight, weigh
from victoros.ops.chaos.processes import running_web
from victoros.ops.visiting import as_header

SMALLER = 100
"""The small sample is this fraction of the large one."""
WARM_UP = 2
"""Requests for each page that do not count."""
FLOOR = "an almost empty page"
FILL_S = 3600
GZIP = b"\x1f\x8b"


@dataclass
class Site:
    """A running web process with its sample, and a visitor who is signed in."""

    pages: dict[str, str]
    queries: dict[str, int]
    cookie: str
    connection: http.client.HTTPConnection

    def fetch(self, address: str) -> bytes:
        """Return a page as it is sent."""
        headers = {"Cookie": self.cookie, "Accept-Encoding": "gzip"}
        self.connection.request("GET", address, headers=headers)
        answer = self.connection.getresponse()
        body = answer.read()
        if answer.status != 200:
            raise BenchFailed(f"{address} answered {answer.status}.")
        return body

    def cpu_seconds(self) -> float:
        """Return the processor time its process has taken."""
        return cpu_seconds(self.connection.port)


@dataclass
class Measured:
    """One page of one site."""

    weight: Weight
    ms: list[float] = field(default_factory=list)
    cpu_ms: float = 0.0
    """Of all requests together."""

    def at(self, share: float) -> float:
        """Return the time that this share of the requests did not exceed."""
        return sorted(self.ms)[max(0, round(len(self.ms) * share) - 1)]

    @property
    def cpu_each(self) -> float:
        """Processor time of a request."""
        return self.cpu_ms / len(self.ms)


def measure_board(runs: int, scale: float, samples: int) -> dict[str, Any]:
    """Fill both samples, serve them side by side and ask for every page of both by turns."""
    sizes = [FULL.scaled(scale / SMALLER), FULL.scaled(scale)]
    with ExitStack() as stack:
        small, large = (
            stack.enter_context(_running_site(size, name)) for size, name in zip(sizes, ("small", "large"), strict=True)
        )
        names = [FLOOR, *(name for name in large.pages if name in small.pages)]
        for site in (small, large):
            site.pages[FLOOR] = "/offline/"
        found = {name: _measure_page([small, large], name, runs * samples) for name in names}
    return _describe(sizes, found, large.queries)


def _describe(sizes: list[Size], found: dict[str, list[Measured]], queries: dict[str, int]) -> dict[str, Any]:
    floor = found.pop(FLOOR)[1]
    slowest = max(found, key=lambda name: found[name][1].at(0.95))
    figure, least = found[slowest][1].at(0.95), floor.at(0.5)
    pages = [_as_line(name, small, large, queries[name]) for name, (small, large) in found.items()]
    return {
        "figure": round(figure, 1),
        "unit": "ms, p95 of the slowest page with the large sample",
        "slowest": slowest,
        "floor": round(least, 1),
        "floor_is": f"{FLOOR} of the same process, p50",
        "floor_cpu_ms": round(floor.cpu_each, 1),
        "ratio": round(figure / least, 1),
        "worst_growth": max(line["growth"] for line in pages),
        "most_queries": max(line["queries"] for line in pages),
        "most_tags": max(line["tags"] for line in pages),
        "small": sizes[0].as_dict(),
        "large": sizes[1].as_dict(),
        "work": f"{len(floor.ms)} requests for each page and sample, one at a time; growth is processor time, large by small",
        "pages": pages,
    }


def _as_line(name: str, small: Measured, large: Measured, queries: int) -> dict[str, Any]:
    return {
        "page": name,
        "small_p50_ms": round(small.at(0.5), 1),
        "p50_ms": round(large.at(0.5), 1),
        "p99_ms": round(large.at(0.99), 1),
        "small_cpu_ms": round(small.cpu_each, 1),
        "cpu_ms": round(large.cpu_each, 1),
        "growth": round(large.cpu_each / max(small.cpu_each, 0.1), 2),
        "queries": queries,
        "small_tags": small.weight.tags,
        "tags": large.weight.tags,
        "kb": round(large.weight.bytes / 1000),
        "kb_compressed": round(large.weight.compressed / 1000, 1),
    }


def _measure_page(sites: list[Site], name: str, samples: int) -> list[Measured]:
    """Ask both sites by turns, so that what else the machine does falls on both."""
    bodies = [site.fetch(site.pages[name]) for site in sites for _ in range(WARM_UP)]
    found = [Measured(weigh(_unpack(body))) for body in bodies[WARM_UP - 1 :: WARM_UP]]
    before = [site.cpu_seconds() for site in sites]
    for _ in range(samples):
        for site, measured in zip(sites, found, strict=True):
            began = time.perf_counter()
            site.fetch(site.pages[name])
            measured.ms.append((time.perf_counter() - began) * 1000)
    for site, measured, spent in zip(sites, found, before, strict=True):
        measured.cpu_ms = (site.cpu_seconds() - spent) * 1000
    return found


def _unpack(body: bytes) -> bytes:
    return gzip.decompress(body) if body.startswith(GZIP) else body


# --- a site with its sample ---


@contextmanager
def _running_site(size: Size, name: str) -> Iterator[Site]:
    """Make a database, fill it as `./victor demo fill` does and serve it until the block ends."""
    home = Path(os.environ["VICTOR_HOME"])
    own = {"VICTOR_DATABASE_URL": _make_database(home, name)}
    _run(own, "manage.py", "migrate", "--verbosity", "0")
    numbers = map(str, size.as_dict().values())
    known = json.loads(_run(own, "-m", "victoros.ops.bench.board_site", *numbers).splitlines()[-1])
    with running_web(home, own) as url:
        where = urlsplit(url)
        connection = http.client.HTTPConnection(where.hostname or "", where.port, timeout=60)
        yield Site(known["pages"], known["queries"], as_header(known["cookies"]), connection)
        connection.close()


def _make_database(home: Path, name: str) -> str:
    url = os.environ["VICTOR_DATABASE_URL"]
    if url.startswith("sqlite"):
        return f"sqlite:///{home}/{name}.sqlite3"
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE board_{name}")
    return urlsplit(url)._replace(path=f"/board_{name}").geturl()


def _run(own: dict[str, str], *command: str) -> str:
    done = subprocess.run(
        [sys.executable, *command],
        cwd=ROOT, env={**os.environ, **own}, capture_output=True, text=True, timeout=FILL_S,
    )  # fmt: skip
    if done.returncode:
        raise BenchFailed(f"{' '.join(command)} failed: {done.stderr.strip()[-600:]}")
    return done.stdout
