"""Short ways to ask in tests."""

import asyncio
from dataclasses import replace
from typing import Any

from agents.llm.client import LlmClient
from agents.llm.types import Connection, JsonObject, LlmAnswer, LlmRequest, ToolOffer, Turn
from tests.standins.llm_server import LlmStandIn

ROADS = ["openai", "ollama", "embedded", "anthropic", "openai through sdk", "ollama through sdk"]
"""Each kind on the wire it takes, and the kinds that pydantic-ai can carry as well."""
NATIVE_ROADS = [road for road in ROADS if road != "embedded"]
"""Roads on which the provider itself calls tools."""

SUMMARY: JsonObject = {
    "type": "object",
    "properties": {"summary": {"type": "string"}},
    "required": ["summary"],
    "additionalProperties": False,
}
COMPLETE = ToolOffer("complete", "Finish the task.", SUMMARY)
READ_FILE = ToolOffer(
    "read_file",
    "Read a file.",
    {"type": "object", "properties": {"path": {"type": "string"}}, "required": ["path"], "additionalProperties": False},
)


def make_request(text: str = "How are you?", **changes: Any) -> LlmRequest:
    """A request of one user turn."""
    return replace(LlmRequest(system="You are a test.", turns=(Turn("user", text),), timeout_s=10.0), **changes)


def connect(road: str, server: LlmStandIn, **changes: Any) -> Connection:
    """A connection to the stand-in for one of the roads."""
    kind = road.split()[0]
    url = server.openai_url if kind == "openai" else server.url
    model = "claude-sonnet-4-6" if kind == "anthropic" else "stand-in"
    return replace(Connection(kind, url, model, api_key="secret-key", max_concurrent=50, name=f"my {kind}"), **changes)


def ask(connection: Connection, request: LlmRequest, road: str = "") -> LlmAnswer:
    """Ask once, with a client of its own."""
    return asyncio.run(_ask(connection, request, road))


async def _ask(connection: Connection, request: LlmRequest, road: str) -> LlmAnswer:
    async with open_client(road) as client:
        return await client.ask(connection, request)


def open_client(road: str) -> LlmClient:
    """A client that takes the given road."""
    return LlmClient(pick=lambda connection: "sdk") if road.endswith("through sdk") else LlmClient()
