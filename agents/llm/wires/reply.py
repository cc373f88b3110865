"""What a wire brings home, not yet checked against what was asked, and the shape of every wire."""

from dataclasses import dataclass
from typing import Protocol

from agents.llm.types import Connection, JsonObject, LlmRequest


@dataclass(frozen=True)
class RawCall:
    """A tool call as it came over the wire."""

    name: str
    arguments: str | JsonObject
    """JSON text, or the object when the protocol sends objects."""
    id: str


@dataclass(frozen=True)
class Reply:
    """A provider's answer in one vocabulary for all protocols."""

    text: str = ""
    calls: tuple[RawCall, ...] = ()
    refusal: str = ""
    """What the provider said when it declined; empty when it did not decline."""
    finish_reason: str = ""
    """stop, length, tool_call, content_filter, or the provider's own word."""
    model: str = ""
    tokens_in: int = 0
    tokens_out: int = 0


class Wire(Protocol):
    """One protocol to language models; lives as long as its event loop."""

    async def send(self, connection: Connection, request: LlmRequest) -> Reply: ...

    async def close(self) -> None: ...
