"""Sound answers of every kind of provider, over real HTTP."""

from decimal import Decimal

import pytest

from agents.llm.types import ToolCall, Turn
from tests.agents.llm.asking import COMPLETE, NATIVE_ROADS, READ_FILE, ROADS, SUMMARY, ask, connect, make_request
from tests.standins.llm_protocols import Saying
from tests.standins.llm_server import LlmStandIn


@pytest.mark.parametrize("road", ROADS)
def test_words_come_back_with_tokens_model_and_latency(road: str, llm_server: LlmStandIn) -> None:
    answer = ask(connect(road, llm_server), make_request("Good morning"), road)

    assert (answer.text, answer.call, answer.data) == ("You said: Good morning", None, None)
    assert (answer.tokens_in, answer.tokens_out, answer.finish_reason) == (20, 10, "stop")
    assert answer.model in {"stand-in", "claude-sonnet-4-6"}
    assert 0 <= answer.latency_ms < 10_000


@pytest.mark.parametrize("road", ROADS)
def test_an_offered_tool_is_called_with_arguments_that_fit_its_schema(road: str, llm_server: LlmStandIn) -> None:
    answer = ask(connect(road, llm_server), make_request("Finish.", tools=(COMPLETE, READ_FILE)), road)

    assert answer.call is not None
    assert (answer.call.name, list(answer.call.arguments)) == ("complete", ["summary"])
    assert answer.call.id
    assert answer.finish_reason == "tool_call"


@pytest.mark.parametrize("road", ROADS)
def test_a_schema_brings_data_that_follows_it(road: str, llm_server: LlmStandIn) -> None:
    answer = ask(connect(road, llm_server), make_request("Sum up.", schema=SUMMARY), road)

    assert answer.data == {"summary": "Sum up."}
    assert answer.call is None


def test_a_model_without_structured_output_gives_the_data_through_a_tool(llm_server: LlmStandIn) -> None:
    old_model = connect("anthropic", llm_server, model="claude-3-haiku-20240307")

    answer = ask(old_model, make_request("Sum up.", schema=SUMMARY))

    assert answer.data == {"summary": "Sum up."}
    assert llm_server.requests[0].body["tools"][0]["name"] == "answer"


@pytest.mark.parametrize("road", NATIVE_ROADS)
def test_a_call_and_its_result_travel_in_the_providers_own_form(road: str, llm_server: LlmStandIn) -> None:
    call = ToolCall("read_file", {"path": "a.md"}, "call-1")
    turns = (Turn("user", "Read a.md."), Turn("assistant", "I read it.", call), Turn("tool", "It is empty.", call))

    ask(connect(road, llm_server), make_request(turns=turns, tools=(COMPLETE, READ_FILE)), road)

    messages = llm_server.requests[0].body["messages"]
    sent = str(messages)
    assert sent.count("call-1") == 2
    assert "It is empty." in str(messages[-1])
    assert messages[-1]["role"] == ("user" if road == "anthropic" else "tool")


@pytest.mark.parametrize("road", ROADS)
def test_limits_reach_the_provider(road: str, llm_server: LlmStandIn) -> None:
    ask(connect(road, llm_server), make_request(max_tokens=77, temperature=0.25), road)

    body = llm_server.requests[0].body
    assert body.get("max_tokens", body.get("max_completion_tokens")) == 77
    assert body["temperature"] == 0.25


@pytest.mark.parametrize("road", ROADS)
def test_the_key_travels_in_a_header_only(road: str, llm_server: LlmStandIn) -> None:
    connection = connect(road, llm_server)

    ask(connection, make_request(), road)

    seen = llm_server.requests[0]
    assert "secret-key" in str(seen.headers)
    assert "secret-key" not in str(seen.body)
    assert "secret-key" not in repr(connection)


def test_of_several_calls_the_first_counts(llm_server: LlmStandIn) -> None:
    llm_server.behaviour.brain = lambda question: Saying(
        text="Let me see.", tool="read_file", arguments={"path": "b.md"}
    )

    answer = ask(connect("openai", llm_server), make_request(tools=(COMPLETE, READ_FILE)))

    assert answer.text == "Let me see."
    assert answer.call is not None
    assert answer.call.arguments == {"path": "b.md"}


def test_words_in_spite_of_tools_are_an_answer_without_a_call(llm_server: LlmStandIn) -> None:
    llm_server.behaviour.brain = lambda question: Saying(text="I would rather talk.")

    answer = ask(connect("openai", llm_server), make_request(tools=(COMPLETE,)))

    assert (answer.text, answer.call) == ("I would rather talk.", None)


def test_json_in_a_fence_is_read(llm_server: LlmStandIn) -> None:
    llm_server.behaviour.brain = lambda question: Saying(text='```json\n{"summary": "fenced"}\n```')

    assert ask(connect("openai", llm_server), make_request(schema=SUMMARY)).data == {"summary": "fenced"}


def test_the_prices_of_the_connection_make_the_cost(llm_server: LlmStandIn) -> None:
    priced = connect("openai", llm_server, price_in_per_mtok=Decimal("2.50"), price_out_per_mtok=Decimal(10))

    answer = ask(priced, make_request())

    assert answer.cost == Decimal("0.00015")  # 20 x 2.50 + 10 x 10 per million
    assert answer.cost_known


def test_a_local_server_that_borrows_a_paid_models_name_has_no_known_price(llm_server: LlmStandIn) -> None:
    answer = ask(connect("openai", llm_server, model="gpt-4o"), make_request())

    assert (answer.cost, answer.cost_known) == (Decimal(0), False)


def test_the_embedded_model_is_free(llm_server: LlmStandIn) -> None:
    answer = ask(connect("embedded", llm_server), make_request())

    assert (answer.cost, answer.cost_known) == (Decimal(0), True)


@pytest.mark.filterwarnings("ignore:Sampling parameters")
@pytest.mark.parametrize("model", ["claude-haiku-4-5", "claude-sonnet-5-5"])
def test_claude_models_that_cannot_be_held_to_a_call_are_asked_all_the_same(model: str, llm_server: LlmStandIn) -> None:
    answer = ask(connect("anthropic", llm_server, model=model), make_request(tools=(COMPLETE,)))

    assert answer.call is not None
    assert llm_server.requests[0].body["tool_choice"]["type"] == ("any" if model.endswith("4-5") else "auto")
