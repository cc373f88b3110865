"""The stand-in's fault menu: every way a provider can fail, by name."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import replace

from aiohttp import web

from tests.standins.llm_protocols import Json, Question, Saying, write_error

Spoil = Callable[[Question, Saying], Saying]
"""A fault in what is said; the transport stays sound."""
Break = Callable[[web.Request, Question, bytes], Awaitable[web.StreamResponse]]
"""A fault in the transport; gets the sound answer's body."""

TRICKLE_S = 0.05
RETRY_AFTER_S, LONG_RETRY_AFTER_S = 2, 8


def _refuse(question: Question, saying: Saying) -> Saying:
    return Saying(text="I cannot help with that.", refusal=True)


def _cut_short(question: Question, saying: Saying) -> Saying:
    if saying.tool and question.protocol == "openai":
        text = json.dumps(saying.arguments)
        return replace(saying, arguments=text[: len(text) // 2], finish="length")
    return Saying(text=saying.text[: len(saying.text) // 2], finish="length")


SPOILS: dict[str, Spoil] = {
    "refusal": _refuse,
    "truncated": _cut_short,
    "empty": lambda question, saying: Saying(),
    "wrong-tool": lambda question, saying: Saying(tool="launch_rockets", arguments={}),
    "bad-json": lambda question, saying: replace(
        saying,
        arguments='{"summary": "unfinished' if saying.tool else None,
        text="" if saying.tool else "{not json",
    ),
    "bad-arguments": lambda question, saying: replace(
        saying,
        arguments={"unheard_of": 1} if saying.tool else None,
        text="" if saying.tool else '{"unheard_of": 1}',
    ),
}


def _fail(status: int, code: str, message: str, headers: dict[str, str] | None = None) -> Break:
    async def answer(request: web.Request, question: Question, body: bytes) -> web.StreamResponse:
        error: Json = write_error(question.protocol, status, code, message)
        return web.json_response(error, status=status, headers=headers)

    return answer


async def _hang(request: web.Request, question: Question, body: bytes) -> web.StreamResponse:
    await asyncio.Event().wait()  # until the server is stopped, which cancels this
    raise web.HTTPServiceUnavailable


async def _cut(request: web.Request, question: Question, body: bytes) -> web.StreamResponse:
    """Promise the whole body, send half of it, and close the connection."""
    response = await _begin(request, body)
    await response.write(body[: len(body) // 2])
    if request.transport:
        request.transport.abort()
    return response


async def _drop(request: web.Request, question: Question, body: bytes) -> web.StreamResponse:
    """Close the connection without a word."""
    if request.transport:
        request.transport.abort()
    return web.Response()


async def _trickle(request: web.Request, question: Question, body: bytes) -> web.StreamResponse:
    """Send the sound answer, a few bytes at a time."""
    response = await _begin(request, body)
    for start in range(0, len(body), 8):
        await response.write(body[start : start + 8])
        await asyncio.sleep(TRICKLE_S)
    return response


async def _garbage(request: web.Request, question: Question, body: bytes) -> web.StreamResponse:
    return web.Response(body=b"\x00\xffnot json at all", content_type="application/json")


async def _page(request: web.Request, question: Question, body: bytes) -> web.StreamResponse:
    return web.Response(text="<html><body>Welcome to the Wi-Fi</body></html>", content_type="text/html")


async def _other_json(request: web.Request, question: Question, body: bytes) -> web.StreamResponse:
    return web.json_response({"hello": ["this", "is", "no", "completion"]})


async def _redirect(request: web.Request, question: Question, body: bytes) -> web.StreamResponse:
    return web.Response(status=307, headers={"Location": "http://127.0.0.1:9/elsewhere"})


async def _flood(request: web.Request, question: Question, body: bytes) -> web.StreamResponse:
    """Send far more than any answer."""
    response = web.StreamResponse(headers={"Content-Type": "application/json"})
    await response.prepare(request)
    for _ in range(64):
        await response.write(b" " * 1_000_000)
    return response


BREAKS: dict[str, Break] = {
    "400": _fail(400, "invalid_request_error", "This request makes no sense."),
    "too-long": _fail(
        400,
        "context_length_exceeded",
        "This model's maximum context length is 4096 tokens.",
    ),
    "401": _fail(401, "invalid_api_key", "Incorrect API key provided."),
    "403": _fail(403, "permission_error", "This key may not use the model."),
    "404": _fail(404, "model_not_found", "The model does not exist."),
    "429": _fail(
        429,
        "rate_limit_exceeded",
        "Too many requests.",
        {"Retry-After": str(RETRY_AFTER_S)},
    ),
    "429-long": _fail(429, "rate_limit_exceeded", "Too many requests.", {"Retry-After": str(LONG_RETRY_AFTER_S)}),
    "429-silent": _fail(429, "rate_limit_exceeded", "Too many requests."),
    "quota": _fail(429, "insufficient_quota", "You exceeded your current quota."),
    "500": _fail(500, "server_error", "Something broke."),
    "503": _fail(
        503,
        "overloaded",
        "The engine is overloaded.",
        {"Retry-After": str(RETRY_AFTER_S)},
    ),
    "hang": _hang,
    "cut": _cut,
    "drop": _drop,
    "trickle": _trickle,
    "garbage": _garbage,
    "page": _page,
    "other-json": _other_json,
    "redirect": _redirect,
    "flood": _flood,
}
FAULTS = frozenset(SPOILS) | frozenset(BREAKS)


async def _begin(request: web.Request, body: bytes) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Type": "application/json"})
    response.content_length = len(body)
    await response.prepare(request)
    return response
