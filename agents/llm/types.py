"""What is asked of a language model and what comes back. Plain data: importing this costs nothing."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal

JsonObject = dict[str, Any]


@dataclass(frozen=True)
class ToolOffer:
    """A tool the model may call."""

    name: str
    description: str
    schema: JsonObject
    """JSON schema of the arguments, an object schema."""


@dataclass(frozen=True)
class ToolCall:
    """The model's wish to run one tool with these arguments."""

    name: str
    arguments: JsonObject
    id: str
    """The provider's name of this call; a later tool turn answers it."""


@dataclass(frozen=True)
class Turn:
    """One utterance of the conversation. An assistant turn may hold a call; the tool turn after it answers it."""

    role: Literal["user", "assistant", "tool"]
    text: str = ""
    call: ToolCall | None = None


@dataclass(frozen=True)
class LlmRequest:
    """One question to a language model."""

    system: str
    turns: tuple[Turn, ...]
    tools: tuple[ToolOffer, ...] = ()
    """The model is asked to call one of them. Cannot be combined with `schema`."""
    schema: JsonObject | None = None
    """JSON schema that the answer must follow; `LlmAnswer.data` then holds the parsed answer."""
    schema_name: str = "answer"
    max_tokens: int = 512
    temperature: float = 0.0
    timeout_s: float = 60.0
    """Total, from sending to the last byte; waiting for a free place at the provider does not count."""
    seed: int | None = None


@dataclass(frozen=True)
class LlmAnswer:
    """What the model said, checked against what was asked, with what it took."""

    text: str
    call: ToolCall | None
    """The tool call; None also when tools were offered and the model answered in words."""
    data: JsonObject | None
    tokens_in: int
    tokens_out: int
    cost: Decimal
    """US dollars."""
    latency_ms: int
    model: str
    """The model that answered, as the provider names it."""
    finish_reason: str
    """stop, length, tool_call, or the provider's own word."""
    cost_known: bool = True
    """False when no price is known for the model: `cost` is then 0 and says nothing."""


@dataclass(frozen=True)
class Connection:
    """Where and how to ask: one provider, without its row."""

    kind: str
    """embedded, openai, anthropic, ollama or scripted."""
    base_url: str
    """Empty means the provider's public address; for `embedded` the server that `up` started."""
    model: str
    api_key: str = ""
    price_in_per_mtok: Decimal | None = None
    """US dollars per million tokens sent. None in both prices means the public price list."""
    price_out_per_mtok: Decimal | None = None
    max_concurrent: int = 8
    """Calls in flight from one client."""
    name: str = ""
    provider_id: int = 0
    """The row this was made from; 0 for none."""
    is_limited: bool = False
    """Whether calls are counted over all cells, see `tasks.engine.turns`."""

    def __repr__(self) -> str:
        return f"Connection({self.kind} {self.name or self.base_url!r} model={self.model!r})"
