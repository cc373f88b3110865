"""How many questions are under way at once, and what cancelling does."""

import asyncio

import pytest

from agents.llm.client import LlmClient
from agents.llm.errors import LlmTimeout
from tests.agents.llm.asking import ROADS, connect, make_request, open_client
from tests.standins.llm_server import LlmStandIn


async def _wait_for(server: LlmStandIn, requests: int) -> None:
    async with asyncio.timeout(10):
        while server.count < requests:
            await asyncio.sleep(0.01)


@pytest.mark.parametrize("road", ROADS)
def test_no_more_than_the_allowed_number_are_under_way(road: str, llm_server: LlmStandIn) -> None:
    llm_server.behaviour.latency_s = 0.05

    async def ask_ten() -> None:
        connection = connect(road, llm_server, max_concurrent=3)
        async with open_client(road) as client:
            await asyncio.gather(*(client.ask(connection, make_request()) for _ in range(10)))

    asyncio.run(ask_ten())

    assert (llm_server.count, llm_server.most_at_once) == (10, 3)


def test_waiting_for_a_place_does_not_count_as_time_spent(llm_server: LlmStandIn) -> None:
    llm_server.behaviour.latency_s = 0.5

    async def ask_six() -> None:
        connection = connect("openai", llm_server, max_concurrent=1)
        async with LlmClient() as client:
            await asyncio.gather(*(client.ask(connection, make_request(timeout_s=2.5)) for _ in range(6)))

    asyncio.run(ask_six())

    assert llm_server.count == 6


@pytest.mark.parametrize("road", ROADS)
def test_a_cancelled_question_ends_at_once_and_frees_its_place(road: str, llm_server: LlmStandIn) -> None:
    llm_server.plan("hang")

    async def cancel_and_ask_again() -> str:
        connection = connect(road, llm_server, max_concurrent=1)
        async with open_client(road) as client:
            hanging = asyncio.create_task(client.ask(connection, make_request(timeout_s=60)))
            await _wait_for(llm_server, 1)
            hanging.cancel()
            with pytest.raises(asyncio.CancelledError):
                await hanging
            return (await client.ask(connection, make_request("Still there?"))).text

    assert asyncio.run(cancel_and_ask_again()) == "You said: Still there?"


def test_a_time_out_frees_its_place(llm_server: LlmStandIn) -> None:
    llm_server.plan("hang")

    async def ask_twice() -> str:
        connection = connect("openai", llm_server, max_concurrent=1)
        async with LlmClient() as client:
            with pytest.raises(LlmTimeout):
                await client.ask(connection, make_request(timeout_s=0.2))
            return (await client.ask(connection, make_request("Again"))).text

    assert asyncio.run(ask_twice()) == "You said: Again"


def test_a_thousand_questions_at_once_are_answered(llm_server: LlmStandIn) -> None:
    llm_server.behaviour.latency_s = 0.2

    async def ask_many() -> set[str]:
        connection = connect("openai", llm_server, max_concurrent=1000)
        async with LlmClient() as client:
            answers = await asyncio.gather(
                *(client.ask(connection, make_request(str(n), timeout_s=100)) for n in range(1000))
            )
        return {answer.text for answer in answers}

    assert len(asyncio.run(ask_many())) == 1000
    assert llm_server.most_at_once > 100


def test_a_closed_client_opens_again(llm_server: LlmStandIn) -> None:
    async def ask_around_close() -> None:
        client = LlmClient()
        for _ in range(2):
            await client.ask(connect("openai", llm_server), make_request())
            await client.close()

    asyncio.run(ask_around_close())

    assert llm_server.count == 2
