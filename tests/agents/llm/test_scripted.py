"""The deterministic doubles."""

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from decimal import Decimal

import pytest
from django.conf import settings

from agents.llm.client import LlmClient
from agents.llm.errors import LlmMisconfigured, LlmServerFailed, LlmTimeout
from agents.llm.scripted import count_requests, forget_requests, list_requests, register_script, say
from agents.llm.types import Connection, LlmAnswer, LlmRequest
from tests.agents.llm.asking import COMPLETE, READ_FILE, SUMMARY, ask, make_request


@pytest.fixture(autouse=True)
def empty_history() -> Iterator[None]:
    """Other tests of the same process ask the built-in scripts too: forget before and after."""
    _forget()
    yield
    _forget()


def _forget() -> None:
    for name in ("echo", "stub200", "mine"):
        forget_requests(name)


def connect_script(model: str) -> Connection:
    return Connection("scripted", "", model, max_concurrent=100)


def test_echo_says_the_last_words_again() -> None:
    assert ask(connect_script("echo"), make_request("Hello")).text == "Hello"


def test_echo_completes_when_it_can() -> None:
    answer = ask(connect_script("echo"), make_request("Hello", tools=(READ_FILE, COMPLETE)))

    assert answer.call is not None
    assert (answer.call.name, answer.call.arguments) == ("complete", {"summary": "Hello"})


def test_echo_gives_data_for_a_schema() -> None:
    assert ask(connect_script("echo"), make_request("Hello", schema=SUMMARY)).data == {"text": "Hello"}


def test_stub200_answers_200_characters_for_nothing() -> None:
    answer = ask(connect_script("stub200"), make_request())

    assert (len(answer.text), answer.cost, answer.cost_known) == (200, Decimal(0), True)


def test_a_script_may_be_slow() -> None:
    started = time.perf_counter()

    answer = ask(connect_script("stub200?latency_ms=50"), make_request())

    assert time.perf_counter() - started >= 0.05
    assert answer.latency_ms >= 50


def test_the_time_limit_holds_for_scripts_too() -> None:
    with pytest.raises(LlmTimeout):
        ask(connect_script("stub200?latency_ms=5000"), make_request(timeout_s=0.05))


def test_a_registered_script_sees_the_request_and_its_number() -> None:
    register_script("mine", lambda request, n: say(f"{n}: {request.system}"))

    texts = [ask(connect_script("mine"), make_request(system=name)).text for name in ("a", "b")]

    assert texts == ["0: a", "1: b"]
    assert [request.system for request in list_requests("mine")] == ["a", "b"]
    assert count_requests("mine") == 2


def test_a_script_may_fail_and_recover() -> None:
    def fail_once(request: LlmRequest, n: int) -> LlmAnswer:
        if n == 0:
            raise LlmServerFailed("The double fails as told.")
        return say("better")

    register_script("mine", fail_once)

    with pytest.raises(LlmServerFailed):
        ask(connect_script("mine"), make_request())
    assert ask(connect_script("mine"), make_request()).text == "better"


def test_a_script_may_be_a_coroutine() -> None:
    async def think(request: LlmRequest, n: int) -> LlmAnswer:
        await asyncio.sleep(0)
        return say("thought")

    register_script("mine", think)

    assert ask(connect_script("mine"), make_request()).text == "thought"


def test_an_unknown_script_names_the_known_ones() -> None:
    with pytest.raises(LlmMisconfigured) as caught:
        ask(connect_script("nobody"), make_request())

    assert "echo" in caught.value.hint


def test_other_processes_learn_scripts_from_the_environment() -> None:
    code = (
        "import asyncio, agents.llm.client as c, agents.llm.types as t\n"
        "request = t.LlmRequest('s', (t.Turn('user', 'hi'),))\n"
        "print(asyncio.run(c.LlmClient().ask(t.Connection('scripted', '', 'polite'), request)).text)"
    )
    environment = os.environ | {"VICTOR_SCRIPTS": "tests.agents.llm.polite_script"}

    result = subprocess.run(
        [sys.executable, "-c", code], cwd=settings.BASE_DIR, env=environment, capture_output=True, text=True, check=True
    )

    assert result.stdout.strip() == "Thank you for: hi"


def test_all_requests_are_counted_and_the_last_thousand_kept() -> None:
    async def ask_many() -> None:
        connection, request = connect_script("stub200"), make_request()
        async with LlmClient() as client:
            await asyncio.gather(*(client.ask(connection, request) for _ in range(2000)))

    asyncio.run(ask_many())
    assert len(list_requests("stub200")) == 1000
    assert count_requests("stub200") == 2000
