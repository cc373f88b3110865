"""The outside world of a fault run, in a process of its own: a language model (OpenAI protocol) and a receiver of effects.

It writes down every request the moment it arrives. `python -m victoros.ops.chaos.outside --folder DIR --latency-ms 200`
prints `listening URL`; POST /control steers it.
"""

import argparse
import asyncio
from pathlib import Path
from typing import Any

from aiohttp import web

from victoros.ops.chaos.record import Record

MODEL, EFFECTS = "model.jsonl", "effects.jsonl"
TOKENS_IN, TOKENS_OUT = 20, 10


class Outside:
    """Answers questions named `task:n` and takes effects, each key once."""

    def __init__(self, folder: Path, latency_s: float) -> None:
        self.latency_s = latency_s
        self.loses_answers = False
        """Whether the first delivery of each effect is carried out and then cut off without an answer."""
        self._model, self._effects = Record(folder / MODEL), Record(folder / EFFECTS)
        self._applied: set[str] = set()
        self._open: set[asyncio.Transport] = set()
        """Lines with a question not yet answered; who asked may be gone."""

    def application(self) -> web.Application:
        """Return the routes."""
        made = web.Application()
        made.router.add_post("/v1/chat/completions", self.answer)
        made.router.add_post("/effects", self.deliver)
        made.router.add_post("/control", self.control)
        return made

    async def answer(self, request: web.Request) -> web.Response:
        """Answer a question after the latency; the text says which one it was."""
        body = await request.json()
        asked = str(body["messages"][-1]["content"])
        task, _, n = asked.partition(":")
        line = request.transport
        assert line is not None
        self._open.add(line)
        self._model.add(
            asked=asked,
            task=int(task) if task.isdigit() else None,
            n=int(n) if n.isdigit() else None,
            open=sum(not one.is_closing() for one in self._open),
        )
        try:
            await asyncio.sleep(self.latency_s)
        finally:
            self._open.discard(line)
        return web.json_response(
            {
                "id": f"answer-{asked}",
                "object": "chat.completion",
                "created": 0,
                "model": body["model"],
                "choices": [
                    {
                        "index": 0,
                        "finish_reason": "stop",
                        "message": {"role": "assistant", "content": f"Answer to {asked}."},
                    }
                ],
                "usage": {"prompt_tokens": TOKENS_IN, "completion_tokens": TOKENS_OUT},
            }
        )

    async def deliver(self, request: web.Request) -> web.Response:
        """Carry an effect out unless its key was there before."""
        body: dict[str, Any] = await request.json()
        is_new = body["key"] not in self._applied
        self._applied.add(body["key"])
        self._effects.add(task=body["task"], n=body["n"], key=body["key"], applied=is_new)
        if is_new and self.loses_answers:
            assert request.transport is not None
            request.transport.abort()
        return web.json_response({"received": body["key"], "applied": is_new})

    async def control(self, request: web.Request) -> web.Response:
        """Change the latency or whether answers get lost."""
        body: dict[str, Any] = await request.json()
        self.latency_s = float(body.get("latency_s", self.latency_s))
        self.loses_answers = bool(body.get("loses_answers", self.loses_answers))
        return web.json_response({"latency_s": self.latency_s, "loses_answers": self.loses_answers})


async def serve(folder: Path, latency_s: float, host: str, port: int) -> None:
    """Serve until the process is ended."""
    runner = web.AppRunner(Outside(folder, latency_s).application(), access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, host, port, backlog=4096)
    await site.start()
    name, number = runner.addresses[0][:2]
    print(f"listening http://{name}:{number}", flush=True)
    await asyncio.Event().wait()


def main() -> None:
    """Read the command line and serve."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--latency-ms", type=float, default=200)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0)
    options = parser.parse_args()
    asyncio.run(serve(options.folder, options.latency_ms / 1000, options.host, options.port))


if __name__ == "__main__":
    main()
