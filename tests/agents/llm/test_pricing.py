"""What a call costs."""

from decimal import Decimal

import pytest

from agents.llm.pricing import find_cost
from agents.llm.types import Connection


def test_the_connections_own_prices_come_first() -> None:
    connection = Connection("openai", "", "gpt-4o", price_in_per_mtok=Decimal(1), price_out_per_mtok=Decimal(2))

    assert find_cost(connection, "gpt-4o", 1_000_000, 500_000) == (Decimal(2), True)


def test_a_price_for_one_direction_only_leaves_the_other_free() -> None:
    connection = Connection("ollama", "", "llama", price_out_per_mtok=Decimal(2))

    assert find_cost(connection, "llama", 1_000_000, 1_000_000) == (Decimal(2), True)


@pytest.mark.parametrize(("kind", "model"), [("openai", "gpt-4o"), ("anthropic", "claude-sonnet-4-6")])
def test_the_public_list_prices_the_makers_models(kind: str, model: str) -> None:
    cost, known = find_cost(Connection(kind, "", model), model, 1_000_000, 0)

    assert known
    assert Decimal("0.1") < cost < Decimal(100)


def test_the_name_asked_for_is_priced_when_the_answering_one_is_not_listed() -> None:
    assert find_cost(Connection("openai", "", "gpt-4o"), "no-such-model", 1000, 10)[1]


@pytest.mark.parametrize("connection", [Connection("openai", "", "no-such-model"), Connection("ollama", "", "llama3")])
def test_an_unlisted_model_costs_nothing_known(connection: Connection) -> None:
    assert find_cost(connection, connection.model, 1000, 10) == (Decimal(0), False)


@pytest.mark.parametrize("kind", ["embedded", "scripted"])
def test_what_runs_here_is_free(kind: str) -> None:
    assert find_cost(Connection(kind, "", "x"), "x", 1000, 10) == (Decimal(0), True)
