"""The live test of a provider, as the page and the command show it."""

import asyncio

import pytest

from agents.llm.probe import probe
from agents.llm.types import Connection
from tests.agents.llm.asking import connect
from tests.standins.llm_server import LlmStandIn


def test_a_good_provider_is_green_with_its_latency(llm_server: LlmStandIn) -> None:
    result = asyncio.run(probe(connect("openai", llm_server)))

    assert result.ok
    assert result.message.startswith("It answered: You said:")
    assert (result.model, result.error_category) == ("stand-in", "")
    assert result.latency_ms is not None


@pytest.mark.parametrize(
    ("fault", "category"), [("401", "authentication"), ("404", "configuration"), ("429", "resource"), ("500", "system")]
)
def test_a_bad_provider_is_red_and_says_why(fault: str, category: str, llm_server: LlmStandIn) -> None:
    llm_server.plan(fault)

    result = asyncio.run(probe(connect("openai", llm_server)))

    assert not result.ok
    assert result.error_category == category
    assert result.message
    assert (result.latency_ms, result.model) == (None, "stand-in")


def test_a_wrong_key_is_told_from_a_right_one(llm_server: LlmStandIn) -> None:
    llm_server.behaviour.key = "secret-key"

    right = asyncio.run(probe(connect("anthropic", llm_server)))
    wrong = asyncio.run(probe(connect("anthropic", llm_server, api_key="other")))

    assert right.ok
    assert (wrong.ok, wrong.error_category) == (False, "authentication")


def test_nonsense_settings_are_red_too() -> None:
    assert asyncio.run(probe(Connection("oracle", "", "m"))).error_category == "configuration"
