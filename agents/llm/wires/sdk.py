"""Providers through pydantic-ai and their own SDKs: it knows each model's quirks. Heavy: import only where it is used."""

import json
import warnings
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from anthropic import AsyncAnthropic
from anthropic import DefaultAioHttpClient as AnthropicHttp
from openai import AsyncOpenAI
from openai import DefaultAioHttpClient as OpenAiHttp
from pydantic_ai import exceptions, messages
from pydantic_ai.direct import model_request
from pydantic_ai.models import Model, ModelRequestParameters
from pydantic_ai.models.anthropic import AnthropicModel
from pydantic_ai.models.ollama import OllamaModel
from pydantic_ai.models.openai import OpenAIChatModel
from pydantic_ai.output import OutputObjectDefinition
from pydantic_ai.providers.anthropic import AnthropicProvider
from pydantic_ai.providers.ollama import OllamaProvider
from pydantic_ai.providers.openai import OpenAIProvider
from pydantic_ai.settings import ModelSettings
from pydantic_ai.tools import ToolDefinition

from agents.llm.types import Connection, LlmRequest, ToolOffer, Turn
from agents.llm.wires.chat import find_root
from agents.llm.wires.reply import RawCall, Reply
from agents.llm.wires.sdk_errors import UNREADABLE, explain_error

# Reasoning models take no temperature; pydantic-ai leaves it out and warns at every call.
warnings.filterwarnings("ignore", message="Sampling parameters", category=UserWarning)

Sdk = AsyncOpenAI | AsyncAnthropic


class SdkWire:
    """One SDK client per address and key; the SDKs' own retries are off, time limits are the caller's."""

    def __init__(self) -> None:
        self._clients: dict[tuple[str, str, str], Sdk] = {}

    async def send(self, connection: Connection, request: LlmRequest) -> Reply:
        """Send one request through pydantic-ai."""
        model = self._build_model(connection)
        if request.schema is not None and not model.profile.get("supports_json_schema_output", False):
            return await _ask_through_tool(connection, model, request)
        return await _ask(connection, model, request)

    async def close(self) -> None:
        """Close every SDK client; the wire opens new ones if it is used again."""
        while self._clients:
            await self._clients.popitem()[1].close()

    def _build_model(self, connection: Connection) -> Model[Any]:
        key = (connection.kind, connection.base_url, connection.api_key)
        if key not in self._clients:
            self._clients[key] = _open_sdk(connection)
        sdk = self._clients[key]
        if isinstance(sdk, AsyncAnthropic):
            return AnthropicModel(connection.model, provider=AnthropicProvider(anthropic_client=sdk))
        if connection.kind == "ollama":
            return OllamaModel(connection.model, provider=OllamaProvider(openai_client=sdk))
        return OpenAIChatModel(connection.model, provider=OpenAIProvider(openai_client=sdk))


def write_messages(turns: tuple[Turn, ...], system: str) -> list[messages.ModelMessage]:
    """Return the conversation in pydantic-ai's types; neighbouring turns of one side become one message."""
    written: list[messages.ModelMessage] = [messages.ModelRequest(parts=[messages.SystemPromptPart(system)])]
    for turn in turns:
        message = _write_turn(turn)
        last = written[-1]
        if isinstance(message, messages.ModelRequest) and isinstance(last, messages.ModelRequest):
            written[-1] = messages.ModelRequest(parts=[*last.parts, *message.parts])
        else:
            written.append(message)
    return written


def read_response(response: messages.ModelResponse) -> Reply:
    """Return the reply in pydantic-ai's response."""
    details = response.provider_details or {}
    return Reply(
        text="".join(part.content for part in response.parts if isinstance(part, messages.TextPart)),
        calls=tuple(
            RawCall(part.tool_name, _write_arguments(part.args), part.tool_call_id)
            for part in response.parts
            if isinstance(part, messages.ToolCallPart)
        ),
        refusal=str(details.get("refusal") or ""),
        finish_reason=str(response.finish_reason or "stop"),
        model=response.model_name or "",
        tokens_in=response.usage.input_tokens or 0,
        tokens_out=response.usage.output_tokens or 0,
    )


def _write_arguments(given: object) -> str:
    """Keep text as it came: pydantic-ai's own conversion would hide that it is broken."""
    return given if isinstance(given, str) else json.dumps(given or {}, ensure_ascii=False)


async def _ask(connection: Connection, model: Model[Any], request: LlmRequest) -> Reply:
    settings, parameters = _write_settings(request), _write_parameters(request)
    conversation = write_messages(request.turns, request.system)
    try:
        return read_response(
            await model_request(
                model,
                conversation,
                model_settings=settings,
                model_request_parameters=parameters,
                instrument=False,
            )
        )
    except (exceptions.UserError, exceptions.AgentRunError, *UNREADABLE) as error:
        raise explain_error(connection, error) from error


async def _ask_through_tool(connection: Connection, model: Model[Any], request: LlmRequest) -> Reply:
    """Ask a model without structured output for the same data, as the arguments of the only tool it may call."""
    offer = ToolOffer(request.schema_name, "Give the answer.", request.schema or {})
    reply = await _ask(connection, model, replace(request, schema=None, tools=(offer,)))
    if not reply.calls:
        return reply
    given = reply.calls[0].arguments
    return replace(
        reply,
        text=given if isinstance(given, str) else json.dumps(given, ensure_ascii=False),
        calls=(),
    )


def _write_settings(request: LlmRequest) -> ModelSettings:
    settings = ModelSettings(max_tokens=request.max_tokens, temperature=request.temperature)
    if request.seed is not None:
        settings["seed"] = request.seed
    if request.tools:
        settings["parallel_tool_calls"] = False
    return settings


def _write_parameters(request: LlmRequest) -> ModelRequestParameters:
    if request.schema is not None:
        form = OutputObjectDefinition(json_schema=request.schema, name=request.schema_name)
        return ModelRequestParameters(output_mode="native", output_object=form)
    tools = [
        ToolDefinition(
            name=tool.name,
            parameters_json_schema=tool.schema,
            description=tool.description,
        )
        for tool in request.tools
    ]
    # Without text allowed, pydantic-ai demands a call from the models that can be held to one; `tool_choice="required"`
    # would instead be an error on the others (the newest Claude models).
    return ModelRequestParameters(function_tools=tools, allow_text_output=not tools)


def _write_turn(turn: Turn) -> messages.ModelMessage:
    if turn.role == "user":
        return messages.ModelRequest(parts=[messages.UserPromptPart(turn.text)])
    if turn.role == "tool":
        name, call_id = (turn.call.name, turn.call.id) if turn.call else ("", "")
        return messages.ModelRequest(parts=[messages.ToolReturnPart(name, turn.text, tool_call_id=call_id)])
    parts: list[messages.ModelResponsePart] = [messages.TextPart(turn.text)] if turn.text else []
    if turn.call:
        parts.append(messages.ToolCallPart(turn.call.name, turn.call.arguments, tool_call_id=turn.call.id))
    return messages.ModelResponse(parts=parts)


def _open_sdk(connection: Connection) -> Sdk:
    key = connection.api_key or "no-key"
    if connection.kind == "anthropic":
        root = connection.base_url.rstrip("/").removesuffix("/v1") or None
        local = AnthropicHttp(timeout=None, trust_env=not _is_local(root))
        return AsyncAnthropic(api_key=key, base_url=root, max_retries=0, timeout=None, http_client=local)
    root = find_root(connection) if connection.base_url else None
    http = OpenAiHttp(timeout=None, trust_env=not _is_local(root))
    return AsyncOpenAI(api_key=key, base_url=root, max_retries=0, timeout=None, http_client=http)


def _is_local(root: str | None) -> bool:
    return (urlsplit(root or "").hostname or "") in {"127.0.0.1", "localhost", "::1"}
