"""Every way a provider fails becomes one typed error, on every road."""

import asyncio
import time

import pytest

from agents.llm import errors
from agents.llm.errors import EXCERPT_LENGTH, LlmBadAnswer, LlmError
from agents.llm.types import Connection
from tests.agents.llm.asking import COMPLETE, NATIVE_ROADS, ROADS, SUMMARY, ask, connect, make_request, open_client
from tests.standins.llm_faults import RETRY_AFTER_S
from tests.standins.llm_server import LlmStandIn

STATUS_FAULTS: dict[str, tuple[type[LlmError], str, bool]] = {
    "400": (errors.LlmRejected, "validation", False),
    "too-long": (errors.LlmRejected, "validation", False),
    "401": (errors.LlmUnauthenticated, "authentication", False),
    "403": (errors.LlmForbidden, "permission", False),
    "404": (errors.LlmMisconfigured, "configuration", False),
    "429": (errors.LlmLimited, "resource", True),
    "quota": (errors.LlmQuotaUsedUp, "resource", False),
    "500": (errors.LlmServerFailed, "system", True),
    "503": (errors.LlmServerFailed, "system", True),
    "cut": (errors.LlmUnreachable, "network", True),
    "drop": (errors.LlmUnreachable, "network", True),
    "garbage": (errors.LlmBadAnswer, "validation", True),
    "page": (errors.LlmBadAnswer, "validation", True),
    "other-json": (errors.LlmBadAnswer, "validation", True),
    "empty": (errors.LlmBadAnswer, "validation", True),
    "refusal": (errors.LlmBadAnswer, "validation", True),
}


@pytest.mark.parametrize("road", ROADS)
@pytest.mark.parametrize("fault", STATUS_FAULTS)
def test_a_failing_provider_gives_one_typed_error(fault: str, road: str, llm_server: LlmStandIn) -> None:
    expected, category, retryable = STATUS_FAULTS[fault]
    llm_server.plan(fault)

    with pytest.raises(LlmError) as caught:
        ask(connect(road, llm_server), make_request(), road)

    assert type(caught.value) is expected
    assert (caught.value.category, caught.value.retryable) == (category, retryable)
    assert caught.value.message
    assert "secret-key" not in str(caught.value)
    assert llm_server.count == 1, "nothing may be retried here"


@pytest.mark.parametrize("road", ROADS)
@pytest.mark.parametrize("fault", ["429", "503"])
def test_the_wish_to_wait_is_handed_on(fault: str, road: str, llm_server: LlmStandIn) -> None:
    llm_server.plan(fault)

    with pytest.raises(LlmError) as caught:
        ask(connect(road, llm_server), make_request(), road)

    assert caught.value.retry_after_s == RETRY_AFTER_S


def test_without_a_wish_nothing_is_invented(llm_server: LlmStandIn) -> None:
    llm_server.plan("429-silent")

    with pytest.raises(errors.LlmLimited) as caught:
        ask(connect("openai", llm_server), make_request())

    assert caught.value.retry_after_s is None


@pytest.mark.parametrize("road", ROADS)
@pytest.mark.parametrize("fault", ["hang", "trickle"])
def test_the_time_limit_is_total_and_hard(fault: str, road: str, llm_server: LlmStandIn) -> None:
    async def measure() -> float:
        async with open_client(road) as client:
            await client.ask(connect(road, llm_server), make_request())  # loads the wire
            llm_server.plan(fault)
            started = time.perf_counter()
            with pytest.raises(errors.LlmTimeout) as caught:
                await client.ask(connect(road, llm_server), make_request(timeout_s=0.3))
            assert (caught.value.category, caught.value.retryable) == ("timeout", True)
            return time.perf_counter() - started

    assert 0.25 < asyncio.run(measure()) < 3


@pytest.mark.parametrize("road", NATIVE_ROADS)
def test_a_tool_that_was_not_offered_is_refused(road: str, llm_server: LlmStandIn) -> None:
    llm_server.plan("wrong-tool")

    with pytest.raises(LlmBadAnswer, match="launch_rockets"):
        ask(connect(road, llm_server), make_request(tools=(COMPLETE,)), road)


@pytest.mark.parametrize("road", NATIVE_ROADS)
def test_arguments_against_the_schema_are_refused(road: str, llm_server: LlmStandIn) -> None:
    llm_server.plan("bad-arguments")

    with pytest.raises(LlmBadAnswer, match="breaks the schema") as caught:
        ask(connect(road, llm_server), make_request(tools=(COMPLETE,)), road)

    assert "unheard_of" in caught.value.excerpt


@pytest.mark.parametrize("road", [road for road in NATIVE_ROADS if road != "anthropic"])
@pytest.mark.parametrize("fault", ["bad-json", "truncated"])
def test_broken_json_in_arguments_is_refused(fault: str, road: str, llm_server: LlmStandIn) -> None:
    llm_server.plan(fault)

    with pytest.raises(LlmBadAnswer) as caught:
        ask(connect(road, llm_server), make_request(tools=(COMPLETE,)), road)

    assert "summary" in caught.value.excerpt
    assert ("token limit" in caught.value.message) == (fault == "truncated")


@pytest.mark.parametrize("road", ROADS)
@pytest.mark.parametrize("fault", ["bad-json", "bad-arguments", "truncated"])
def test_data_against_the_schema_is_refused(fault: str, road: str, llm_server: LlmStandIn) -> None:
    llm_server.plan(fault)

    with pytest.raises(LlmBadAnswer):
        ask(connect(road, llm_server), make_request(schema=SUMMARY), road)


@pytest.mark.parametrize("fault", ["bad-json", "truncated"])
def test_a_broken_choice_of_the_embedded_model_is_refused(fault: str, llm_server: LlmStandIn) -> None:
    llm_server.plan(fault)

    with pytest.raises(LlmBadAnswer):
        ask(connect("embedded", llm_server), make_request(tools=(COMPLETE,)))


def test_a_useless_answer_still_tells_what_it_cost(llm_server: LlmStandIn) -> None:
    llm_server.plan("wrong-tool")
    priced = connect("openai", llm_server, price_in_per_mtok=1, price_out_per_mtok=1)

    with pytest.raises(LlmBadAnswer) as caught:
        ask(priced, make_request(tools=(COMPLETE,)))

    assert (caught.value.tokens_in, caught.value.tokens_out) == (20, 10)
    assert (float(caught.value.cost), caught.value.cost_known) == (0.00003, True)


def test_an_excerpt_is_short_and_on_one_line() -> None:
    error = LlmBadAnswer("It rambles.", answer="so it\n goes " * 100)

    assert len(error.excerpt) == EXCERPT_LENGTH
    assert "\n" not in error.message


def test_a_flood_is_cut_off(llm_server: LlmStandIn) -> None:
    llm_server.plan("flood")

    with pytest.raises(LlmBadAnswer, match="longer than"):
        ask(connect("openai", llm_server), make_request())


def test_a_redirect_is_not_followed_with_the_key(llm_server: LlmStandIn) -> None:
    llm_server.plan("redirect")

    with pytest.raises(errors.LlmMisconfigured, match="redirects"):
        ask(connect("openai", llm_server), make_request())


@pytest.mark.parametrize("road", ROADS)
def test_a_server_that_is_not_there_is_a_network_error(road: str, llm_server: LlmStandIn) -> None:
    nowhere = connect(road, llm_server, base_url="http://127.0.0.1:9/v1")

    with pytest.raises(errors.LlmUnreachable) as caught:
        ask(nowhere, make_request(), road)

    assert "base URL" in caught.value.hint


@pytest.mark.parametrize("url", ["not a url", "ftp://127.0.0.1/v1", "http://"])
def test_an_address_that_is_none_is_a_configuration_error(url: str) -> None:
    with pytest.raises(errors.LlmMisconfigured):
        ask(Connection("ollama", url, "m"), make_request())


def test_an_unknown_kind_is_a_configuration_error() -> None:
    with pytest.raises(errors.LlmMisconfigured, match="oracle"):
        ask(Connection("oracle", "", "m"), make_request())


def test_tools_and_schema_together_are_refused(llm_server: LlmStandIn) -> None:
    with pytest.raises(errors.LlmMisconfigured):
        ask(connect("openai", llm_server), make_request(tools=(COMPLETE,), schema=SUMMARY))

    assert llm_server.count == 0
