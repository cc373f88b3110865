"""Many open pages in one process: bare sockets that watch one topic and write down when they hear of each version.

`python -m victoros.ops.bench.live_clients` reads one JSON line (`Job`), says `ready`, gathers until its input says how the run
went (`{"commits": {version: time}}`), and prints what the pages heard.
"""

import asyncio
import base64
import json
import os
import random
import sys
import time
from dataclasses import dataclass, field
from typing import Any

TEXT, CLOSE, PING, PONG = 1, 8, 9, 10
OPENED_AT_ONCE = 20
FETCH = (
    "GET {path} HTTP/1.1\r\nHost: {host}:{port}\r\nCookie: {cookie}\r\nHX-Request: true\r\nX-Live: 1\r\n"
    "Accept-Encoding: gzip\r\n\r\n"
)
OPEN = (
    "GET /live/ HTTP/1.1\r\nHost: {host}:{port}\r\nOrigin: http://{host}:{port}\r\nCookie: {cookie}\r\n"
    "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n"
)


@dataclass(frozen=True)
class Job:
    """What to open and to watch."""

    host: str
    port: int
    cookie: str
    topic: str
    version: int
    pages: int
    path: str = ""
    """The section every page fetches when it is told; empty: none."""


@dataclass
class Heard:
    """What all pages together heard."""

    at: list[tuple[int, int, float]] = field(default_factory=list)
    """(page, version, time) of each message."""
    last: dict[int, int] = field(default_factory=dict)
    """The newest version each page was told."""
    fetched: dict[int, int] = field(default_factory=dict)
    """The newest version each page had been told when its last fetch began."""
    fetches_s: list[float] = field(default_factory=list)
    fresh_at: float = 0.0
    """When the last fetch was answered."""


class OpenPage(asyncio.Protocol):
    """One socket. Frames of a server are not masked; ours must be, and a mask of zeros is one."""

    def __init__(self, number: int, job: Job, heard: Heard, opened: "asyncio.Future[None]") -> None:
        self._number, self._job, self._heard, self._opened = number, job, heard, opened
        self._rest, self._is_open = b"", False
        self._transport: asyncio.Transport
        self._fetching: asyncio.Task[None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask for a socket."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        key = base64.b64encode(os.urandom(16)).decode()
        transport.write(OPEN.format(key=key, **self._job.__dict__).encode())

    def data_received(self, data: bytes) -> None:
        """Take in what came."""
        self._rest += data
        if not self._is_open:
            head, found, self._rest = self._rest.partition(b"\r\n\r\n")
            if not found:
                self._rest = head
                return
            self._is_open = b" 101 " in head.split(b"\r\n")[0]
            if not self._is_open:
                self._opened.set_exception(ConnectionError(head[:60].decode()))
                return
            self._send(TEXT, json.dumps({"watch": {self._job.topic: self._job.version}}).encode())
        while self._take_frame():
            pass

    def connection_lost(self, error: Exception | None) -> None:
        """Tell who still waits."""
        if not self._opened.done():
            self._opened.set_exception(error or ConnectionError("closed"))

    def _take_frame(self) -> bool:
        rest = self._rest
        if len(rest) < 2:
            return False
        length, start = rest[1] & 127, 2
        if length == 126:
            length, start = int.from_bytes(rest[2:4], "big"), 4
        if len(rest) < start + length:
            return False
        self._rest = rest[start + length :]
        self._take(rest[0] & 15, rest[start : start + length])
        return True

    def _take(self, kind: int, text: bytes) -> None:
        if kind == PING:
            self._send(PONG, text)
        if kind != TEXT:
            return
        said = json.loads(text)
        if not self._opened.done():
            self._opened.set_result(None)
        version = said["topics"].get(self._job.topic)
        if version is not None:
            self._heard.at.append((self._number, version, time.time()))
            self._heard.last[self._number] = max(version, self._heard.last.get(self._number, 0))
            self._fetch_soon(said["spread_ms"] / 1000)

    def _send(self, kind: int, text: bytes) -> None:
        length = bytes([128 | len(text)]) if len(text) < 126 else bytes([254]) + len(text).to_bytes(2, "big")
        self._transport.write(bytes([128 | kind]) + length + bytes(4) + text)

    # --- fetching its section, as the script of the pages does ---

    def _fetch_soon(self, spread_s: float) -> None:
        if self._job.path and (self._fetching is None or self._fetching.done()):
            self._fetching = asyncio.create_task(self._fetch(random.uniform(0, spread_s)))  # nosec B311: a delay

    async def _fetch(self, delay_s: float) -> None:
        await asyncio.sleep(delay_s)
        told = -1
        while told != self._heard.last[self._number]:
            told, began = self._heard.last[self._number], time.time()
            await _fetch(self._job)
            self._heard.fetched[self._number], self._heard.fresh_at = told, time.time()
            self._heard.fetches_s.append(self._heard.fresh_at - began)


async def _fetch(job: Job) -> None:
    reader, writer = await asyncio.open_connection(job.host, job.port)
    writer.write(FETCH.format(**job.__dict__).replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n").encode())
    head = await reader.readline()
    await reader.read()
    writer.close()
    if b" 200 " not in head:
        raise ConnectionError(head.decode())


async def _open_all(job: Job, heard: Heard) -> None:
    loop = asyncio.get_running_loop()
    for start in range(0, job.pages, OPENED_AT_ONCE):
        opened = [loop.create_future() for _ in range(start, min(start + OPENED_AT_ONCE, job.pages))]
        for n, future in enumerate(opened, start):
            await loop.create_connection(lambda n=n, f=future: OpenPage(n, job, heard, f), job.host, job.port)  # type: ignore[misc]
        await asyncio.gather(*opened)


def judge(job: Job, heard: Heard, commits: dict[int, float]) -> dict[str, Any]:
    """Return how late pages heard of the commits, in ms, each by the first message that told it or a later one; who is stale."""
    ordered = sorted(commits)
    told = dict.fromkeys(range(job.pages), 0)
    late = []
    for number, version, at in heard.at:
        late += [(at - commits[one]) * 1000 for one in ordered[told[number] :] if one <= version]
        told[number] = max(told[number], sum(one <= version for one in ordered))
    late.sort()
    fetches = sorted(heard.fetches_s)
    return {
        "told": len(late),
        "messages": len(heard.at),
        "p50": late[len(late) // 2],
        "p99": late[int(len(late) * 0.99) - 1],
        "worst": late[-1],
        "stale": sum(heard.last.get(number) != ordered[-1] for number in range(job.pages)),
        "fetches": len(fetches),
        "fetch_p50": fetches[len(fetches) // 2] * 1000 if fetches else 0,
        "fetch_p99": fetches[int(len(fetches) * 0.99) - 1] * 1000 if fetches else 0,
        "fresh_after_s": heard.fresh_at - commits[ordered[-1]] if fetches else 0,
        "behind": sum(heard.fetched.get(n) != ordered[-1] for n in range(job.pages)) if job.path else 0,
    }


async def _run() -> None:
    loop = asyncio.get_running_loop()
    job, heard = Job(**json.loads(await loop.run_in_executor(None, sys.stdin.readline))), Heard()
    await _open_all(job, heard)
    print("ready", flush=True)
    said = json.loads(await loop.run_in_executor(None, sys.stdin.readline))
    commits = {int(version): at for version, at in said["commits"].items()}
    print(json.dumps(judge(job, heard, commits)), flush=True)


if __name__ == "__main__":
    asyncio.run(_run())
