"""Checking values against schemas, and narrowing schemas for a small model."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.llm.schemas import LONGEST_TEXT, MOST_ITEMS, find_fault, narrow_schema
from tests.agents.llm.asking import SUMMARY
from tests.standins.llm_protocols import make_example

NESTED: dict[str, Any] = {
    "type": "object",
    "$defs": {"Quote": {"type": "object", "properties": {"text": {"type": "string"}}, "required": ["text"]}},
    "properties": {
        "quotes": {"type": "array", "items": {"$ref": "#/$defs/Quote"}},
        "kind": {"enum": ["a", "b"]},
        "score": {"type": "integer", "minimum": 1, "maximum": 5},
    },
    "required": ["quotes", "kind"],
    "title": "Nested",
}


def test_a_good_value_has_no_fault() -> None:
    assert find_fault({"summary": "short"}, SUMMARY) == ""


@pytest.mark.parametrize(
    ("value", "said"),
    [({}, "required"), ({"summary": 1}, "summary"), ({"summary": "x", "more": 1}, "more"), ("text", "object")],
)
def test_a_fault_is_named(value: object, said: str) -> None:
    assert said in find_fault(value, SUMMARY)


def test_a_schema_is_never_fetched() -> None:
    with pytest.raises(ValueError, match="never fetched"):
        find_fault({}, {"$ref": "http://127.0.0.1:9/schema.json"})


def test_a_broken_schema_is_named_as_such() -> None:
    with pytest.raises(ValueError, match="schema itself"):
        find_fault({}, {"type": "nonsense"})


def test_narrowing_bounds_every_text_and_list_and_allows_nothing_extra() -> None:
    narrow = narrow_schema(NESTED, max_tokens=200)

    quotes = narrow["properties"]["quotes"]
    assert quotes["maxItems"] == MOST_ITEMS
    assert 0 < quotes["items"]["properties"]["text"]["maxLength"] <= 400
    assert narrow["additionalProperties"] is False
    assert narrow["properties"]["kind"] == {"enum": ["a", "b"]}
    assert "$ref" not in str(narrow)


def test_a_bound_of_the_tools_own_is_kept_if_it_is_smaller() -> None:
    schema = {"type": "object", "properties": {"to": {"type": "string", "maxLength": 7}}}

    assert narrow_schema(schema, 500)["properties"]["to"]["maxLength"] == 7


def test_a_schema_that_contains_itself_ends() -> None:
    tree = {
        "$defs": {"Node": {"type": "object", "properties": {"child": {"$ref": "#/$defs/Node"}}}},
        "$ref": "#/$defs/Node",
    }

    assert narrow_schema(tree, 100)["type"] == "object"


@given(st.integers(1, 100_000), st.integers(1, 30))
def test_what_fits_the_narrowed_schema_fits_the_original(max_tokens: int, fields: int) -> None:
    names = [f"field{n}" for n in range(fields)]
    schema = {"type": "object", "properties": {name: {"type": "string"} for name in names}, "required": names}

    narrow = narrow_schema(schema, max_tokens)

    assert find_fault(make_example(narrow, "x" * 5000), schema) == ""
    assert all(field["maxLength"] <= LONGEST_TEXT for field in narrow["properties"].values())
