"""How the embedded model is made to choose tools: against the stand-in, without the model itself."""

import json
from typing import Any

import pytest

from agents.llm.embedded import compile_request
from agents.llm.errors import LlmMisconfigured
from agents.llm.schemas import find_fault
from agents.llm.types import Connection, ToolCall, Turn
from tests.agents.llm.asking import COMPLETE, READ_FILE, ask, connect, make_request
from tests.standins.llm_protocols import Question, Saying
from tests.standins.llm_server import LlmStandIn

CALL = ToolCall("read_file", {"path": "a.md"}, "call-1")
CONVERSATION = (Turn("user", "Read a.md."), Turn("assistant", call=CALL), Turn("tool", "It is empty.", CALL))


def test_every_tool_is_one_alternative_of_the_schema() -> None:
    schema: dict[str, Any] = compile_request(make_request(tools=(COMPLETE, READ_FILE))).schema or {}

    assert find_fault({"tool": "read_file", "arguments": {"path": "a.md"}}, schema) == ""
    assert find_fault({"tool": "read_file", "arguments": {"summary": "x"}}, schema)
    assert find_fault({"tool": "launch", "arguments": {}}, schema)


def test_the_prompt_shows_each_tool_by_example() -> None:
    system = compile_request(make_request(tools=(COMPLETE, READ_FILE))).system

    assert '{"tool": "read_file", "arguments": {"path": "<path>"}}' in system
    assert "Finish the task." in system


def test_calls_and_results_become_plain_text(llm_server: LlmStandIn) -> None:
    ask(connect("embedded", llm_server), make_request(turns=CONVERSATION, tools=(COMPLETE, READ_FILE)))

    messages = llm_server.requests[0].body["messages"]
    assert [message["role"] for message in messages] == ["system", "user", "assistant", "user"]
    assert json.loads(messages[2]["content"]) == {"tool": "read_file", "arguments": {"path": "a.md"}}
    assert messages[3]["content"] == "Result of read_file:\nIt is empty."
    assert all("tool_calls" not in message for message in messages)


def test_a_repeated_call_is_asked_once_more_without_that_tool(llm_server: LlmStandIn) -> None:
    def repeat(question: Question) -> Saying:
        allowed = json.dumps(question.schema)
        wanted = CALL.name if CALL.name in allowed else "complete"
        arguments = CALL.arguments if wanted == CALL.name else {"summary": "It is empty."}
        return Saying(text=json.dumps({"tool": wanted, "arguments": arguments}))

    llm_server.behaviour.brain = repeat

    answer = ask(connect("embedded", llm_server), make_request(turns=CONVERSATION, tools=(COMPLETE, READ_FILE)))

    assert answer.call is not None
    assert answer.call.name == "complete"
    assert (llm_server.count, answer.tokens_in) == (2, 40)
    first, second = (request.body["messages"] for request in llm_server.requests)
    assert first == second, "the server's memory of the prompt must still fit"


def test_a_new_call_of_the_same_tool_is_taken(llm_server: LlmStandIn) -> None:
    llm_server.behaviour.brain = lambda question: Saying(
        text=json.dumps({"tool": "read_file", "arguments": {"path": "b.md"}})
    )

    answer = ask(connect("embedded", llm_server), make_request(turns=CONVERSATION, tools=(COMPLETE, READ_FILE)))

    assert answer.call is not None
    assert answer.call.arguments == {"path": "b.md"}
    assert llm_server.count == 1


def test_without_a_running_model_the_hint_says_how_to_start_it(settings: Any) -> None:
    settings.VICTOR_LLM_URL = ""

    with pytest.raises(LlmMisconfigured) as caught:
        ask(Connection("embedded", "", ""), make_request())

    assert "victor up" in caught.value.hint


def test_the_running_model_is_found_through_the_settings(settings: Any, llm_server: LlmStandIn) -> None:
    settings.VICTOR_LLM_URL = llm_server.url

    assert ask(Connection("embedded", "", ""), make_request("Hi")).text == "You said: Hi"
