"""A local stand-in for language model providers: real HTTP, three protocols, every request recorded, faults on demand.

In tests `with LlmStandIn() as server:` runs it in a thread. `python -m tests.standins.llm_server --port 0` runs it
alone: it prints `listening URL`, is steered by POST /control and read by GET /control. A model named like
`any?latency_ms=1000&fault=429` misbehaves by itself.
"""

import argparse
import asyncio
import json
import sys
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from aiohttp import web

from tests.standins.llm_behaviour import Behaviour
from tests.standins.llm_faults import BREAKS, SPOILS
from tests.standins.llm_protocols import (
    Json,
    Question,
    Saying,
    read_chat,
    read_messages,
    write_chat,
    write_error,
    write_message,
)


@dataclass(frozen=True)
class Recorded:
    """One request as it arrived."""

    at: float
    """Seconds since 1970."""
    path: str
    body: Json
    headers: dict[str, str]
    fault: str


class LlmStandIn:
    """The server in a thread of its own; safe to read and steer from the test's thread."""

    def __init__(self, port: int = 0, record: Path | None = None, **behaviour: Any) -> None:
        self.behaviour = Behaviour(**behaviour)
        self.requests: deque[Recorded] = deque(maxlen=20_000)
        self.count = 0
        self.most_at_once = 0
        self.url = ""
        self._port, self._record = port, record
        self._now = 0
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, name="llm-stand-in", daemon=True)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    @property
    def openai_url(self) -> str:
        """Base URL for kind `openai`."""
        return f"{self.url}/v1"

    def start(self) -> None:
        """Listen; `url` is then known."""
        self._thread.start()
        if not self._ready.wait(10):
            raise RuntimeError("The stand-in did not start within 10 s.")

    def stop(self) -> None:
        """Close every connection and end the thread."""
        self._loop.call_soon_threadsafe(self._stopped.set)
        self._thread.join(10)

    def plan(self, *faults: str) -> None:
        """Let the next requests fail like this, one each; afterwards all is well again."""
        self.behaviour.plan_faults(faults)

    def forget(self) -> None:
        """Back to a sound server without memory."""
        self.behaviour = Behaviour()
        self.requests.clear()
        self.count = self.most_at_once = 0

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(self._serve())
        self._loop.close()

    async def _serve(self) -> None:
        self._stopped = asyncio.Event()
        runner = web.AppRunner(self._build_app(), access_log=None, shutdown_timeout=0.1, handler_cancellation=True)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", self._port, backlog=2048)
        await site.start()
        self.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        self._ready.set()
        await self._stopped.wait()
        await runner.cleanup()
        await _end_leftovers()

    def _build_app(self) -> web.Application:
        app = web.Application(client_max_size=32 * 1024 * 1024)
        app.router.add_post("/v1/chat/completions", self._answer_chat)
        app.router.add_post("/v1/messages", self._answer_messages)
        app.router.add_get("/v1/models", self._list_models)
        app.router.add_get("/api/tags", self._list_tags)
        app.router.add_post("/control", self._steer)
        app.router.add_get("/control", self._report)
        return app

    async def _answer_chat(self, request: web.Request) -> web.StreamResponse:
        return await self._answer(request, read_chat(await request.json()), write_chat)

    async def _answer_messages(self, request: web.Request) -> web.StreamResponse:
        return await self._answer(request, read_messages(await request.json()), write_message)

    async def _answer(
        self,
        request: web.Request,
        question: Question,
        write: Callable[[Question, Saying], Json],
    ) -> web.StreamResponse:
        latency_s, fault = self.behaviour.choose(question.body.get("model", ""))
        self._remember(request, question, fault)
        self._now += 1
        self.most_at_once = max(self.most_at_once, self._now)
        try:
            if latency_s:
                await asyncio.sleep(latency_s)
            if self.behaviour.key not in ("", _find_key(request)):
                fault = "401"
            saying = SPOILS.get(fault, _keep)(question, self.behaviour.brain(question))
            body = json.dumps(write(question, saying)).encode()
            if fault in BREAKS:
                return await BREAKS[fault](request, question, body)
            return web.Response(body=body, content_type="application/json")
        finally:
            self._now -= 1

    def _remember(self, request: web.Request, question: Question, fault: str) -> None:
        seen = Recorded(time.time(), request.path, question.body, dict(request.headers), fault)
        self.requests.append(seen)
        self.count += 1
        if self._record:
            with self._record.open("a", encoding="utf-8") as file:
                file.write(
                    json.dumps(
                        {
                            "at": seen.at,
                            "path": seen.path,
                            "fault": fault,
                            "body": seen.body,
                        }
                    )
                    + "\n"
                )

    async def _list_models(self, request: web.Request) -> web.StreamResponse:
        return web.json_response({"object": "list", "data": [{"id": "stand-in", "object": "model"}]})

    async def _list_tags(self, request: web.Request) -> web.StreamResponse:
        return web.json_response({"models": [{"name": "stand-in", "model": "stand-in"}]})

    async def _steer(self, request: web.Request) -> web.StreamResponse:
        try:
            self.behaviour.change(await request.json())
        except ValueError as error:
            return web.json_response(write_error("openai", 400, "bad_control", str(error)), status=400)
        return await self._report(request)

    async def _report(self, request: web.Request) -> web.StreamResponse:
        """Tell the number of requests, the most at once, and (with `?since=N`) the requests after the first N."""
        since = int(request.query.get("since", self.count))
        new = list(self.requests)[max(0, len(self.requests) - (self.count - since)) :] if since < self.count else []
        listed = [{"at": seen.at, "path": seen.path, "fault": seen.fault, "body": seen.body} for seen in new]
        return web.json_response({"count": self.count, "most_at_once": self.most_at_once, "requests": listed})


def _find_key(request: web.Request) -> str:
    return request.headers.get("x-api-key") or request.headers.get("Authorization", "").removeprefix("Bearer ")


async def _end_leftovers() -> None:
    """End the handlers whose client is gone: those of the fault `hang` never end by themselves."""
    leftovers = asyncio.all_tasks() - {asyncio.current_task()}
    for task in leftovers:
        task.cancel()
    await asyncio.gather(*leftovers, return_exceptions=True)


def _keep(question: Question, saying: Saying) -> Saying:
    return saying


def main() -> None:
    """Run the stand-in until it is interrupted."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--latency-ms", type=float, default=0)
    parser.add_argument(
        "--record",
        type=Path,
        help="append every request to this file, one JSON document a line",
    )
    options = parser.parse_args()
    server = LlmStandIn(options.port, options.record, latency_s=options.latency_ms / 1000)
    server.start()
    sys.stdout.write(f"listening {server.url}\n")
    sys.stdout.flush()
    try:
        threading.Event().wait()
    except KeyboardInterrupt:
        server.stop()


if __name__ == "__main__":
    main()
