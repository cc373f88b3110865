"""Checks a reply against what was asked: what passes is safe to act on, what does not is an error that says why."""

import json
import secrets
from dataclasses import dataclass

from agents.llm.errors import LlmBadAnswer, LlmMisconfigured
from agents.llm.schemas import find_fault
from agents.llm.types import JsonObject, LlmRequest, ToolCall, ToolOffer
from agents.llm.wires.reply import RawCall, Reply
from victoros.lib.sentences import sentence as _


@dataclass(frozen=True)
class Parsed:
    """The usable content of a reply."""

    text: str
    call: ToolCall | None = None
    data: JsonObject | None = None


def parse_answer(reply: Reply, request: LlmRequest) -> Parsed:
    """Return the checked content of the reply. Of several calls the first counts; the loop asks again for the others.

    Raises `LlmBadAnswer` for a refusal, an empty answer, an answer cut off before its JSON was complete, an unknown
    tool, and arguments or data that break their schema.
    """
    try:
        return _parse(reply, request)
    except LlmBadAnswer as error:
        error.tokens_in, error.tokens_out = reply.tokens_in, reply.tokens_out
        raise


def check_request(request: LlmRequest) -> None:
    """Raise `LlmMisconfigured` for a request that no provider could answer."""
    if request.tools and request.schema is not None:
        raise LlmMisconfigured("A request offers tools or asks for a schema, not both.")
    if not request.turns:
        raise LlmMisconfigured("A request needs at least one turn.")


def _parse(reply: Reply, request: LlmRequest) -> Parsed:
    if reply.refusal or reply.finish_reason == "content_filter":
        raise LlmBadAnswer(_("The model refused to answer."), answer=reply.refusal or reply.text)
    if reply.calls:
        return Parsed(text=reply.text, call=_parse_call(reply.calls[0], reply, request.tools))
    if not reply.text.strip():
        raise LlmBadAnswer(_explain_nothing(reply))
    if request.schema is not None:
        return Parsed(text=reply.text, data=_parse_data(reply, request.schema))
    return Parsed(text=reply.text)


def _explain_nothing(reply: Reply) -> str:
    if reply.finish_reason == "length":
        return _("The answer was cut off at the token limit before it said anything.")
    return _("The model answered nothing.")


def _parse_call(raw: RawCall, reply: Reply, offers: tuple[ToolOffer, ...]) -> ToolCall:
    offer = next((offer for offer in offers if offer.name == raw.name), None)
    if offer is None:
        known = ", ".join(offer.name for offer in offers) or "none"
        raise LlmBadAnswer(f"The model called the tool {raw.name[:80]!r}, which was not offered (offered: {known}).")
    arguments = raw.arguments
    if isinstance(arguments, str):
        arguments = _read_object(arguments or "{}", f"The argument object for {raw.name}", reply)
    _refuse_fault(f"The argument object for {raw.name}", arguments, offer.schema)
    return ToolCall(name=raw.name, arguments=arguments, id=raw.id or f"call-{secrets.token_hex(6)}")


def _parse_data(reply: Reply, schema: JsonObject) -> JsonObject:
    data = _read_object(_strip_fence(reply.text), "The answer", reply)
    _refuse_fault("The answer", data, schema)
    return data


def _read_object(text: str, what: str, reply: Reply) -> JsonObject:
    try:
        value = json.loads(text)
    except ValueError as error:
        reason = "was cut off at the token limit" if reply.finish_reason == "length" else f"is not valid JSON ({error})"
        raise LlmBadAnswer(f"{what} {reason}.", answer=text) from error
    if not isinstance(value, dict):
        raise LlmBadAnswer(f"{what} is not a JSON object.", answer=text)
    return value


def _refuse_fault(what: str, value: JsonObject, schema: JsonObject) -> None:
    try:
        fault = find_fault(value, schema)
    except ValueError as error:
        raise LlmMisconfigured(str(error)) from error
    if fault:
        raise LlmBadAnswer(
            f"{what} breaks the schema: {fault[:200]}.",
            answer=json.dumps(value, ensure_ascii=False),
        )


def _strip_fence(text: str) -> str:
    """Remove the ``` fence that some models put around JSON."""
    stripped = text.strip()
    if stripped.startswith("```") and stripped.endswith("```"):
        return stripped[3:-3].removeprefix("json").strip()
    return stripped
