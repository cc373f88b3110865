"""The live test of a provider: one tiny question, answered in words a page can show."""

from dataclasses import dataclass

from agents.llm.client import LlmClient
from agents.llm.errors import LlmError
from agents.llm.types import Connection, LlmRequest, Turn
from victoros.lib.sentences import sentence as _

PATIENCE_S = 30.0
_QUESTION = LlmRequest(
    system="You are being tested.",
    turns=(Turn("user", "Answer with the single word: ready"),),
    max_tokens=200,
    timeout_s=PATIENCE_S,
)


@dataclass(frozen=True)
class ProbeResult:
    """What came of the test."""

    ok: bool
    message: str
    """What the model said, or what went wrong and what to do about it."""
    latency_ms: int | None
    """None when no answer came."""
    model: str
    """The model that answered; the one asked for when none did."""
    error_category: str
    """One of the twelve categories, or empty."""


async def probe(connection: Connection) -> ProbeResult:
    """Ask the provider one question, over new connections, and tell how it went. Never raises an `LlmError`."""
    async with LlmClient() as client:
        try:
            answer = await client.ask(connection, _QUESTION)
        except LlmError as error:
            message = (
                _("%(message)s %(hint)s") % {"message": error.message, "hint": error.hint}
                if error.hint
                else error.message
            )
            return ProbeResult(False, message, None, connection.model, str(error.category))
    said = answer.text.strip()[:80] or _("(a tool call)")
    return ProbeResult(True, _("It answered: %(said)s") % {"said": said}, answer.latency_ms, answer.model, "")
