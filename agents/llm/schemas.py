"""JSON schemas: checking values against them, and narrowing them so that a small model cannot run away inside one."""

from collections.abc import Iterator
from functools import lru_cache
from json import dumps
from typing import Any

import jsonschema_rs

from agents.llm.types import JsonObject

LONGEST_TEXT = 1200
"""Characters; the grammar of llama.cpp refuses repetitions above 2,000."""
SHORTEST_CAP = 40
MOST_ITEMS = 8
_PARTS = ("type", "properties", "required", "enum", "const", "items", "anyOf", "oneOf")
_BOUNDS = ("minItems", "maxItems", "minLength", "maxLength", "minimum", "maximum")
_KEPT = frozenset(_PARTS + _BOUNDS)
_DEEPEST = 12


def find_fault(value: object, schema: JsonObject) -> str:
    """Return what is wrong with the value, in one sentence, or an empty text. A broken schema raises `ValueError`."""
    try:
        validator = _compile_schema(dumps(schema, sort_keys=True))
    except jsonschema_rs.ValidationError as error:
        raise ValueError(f"The JSON schema itself is broken: {error.message}") from error
    fault = next(validator.iter_errors(value), None)
    if fault is None:
        return ""
    where = ".".join(str(part) for part in fault.instance_path)
    return f"{where}: {fault.message}" if where else str(fault.message)


def iterate_faults(value: object, schema: JsonObject) -> Iterator[jsonschema_rs.ValidationError]:
    """Tell one by one what is wrong with the value, as the checker of schemas names it."""
    return _compile_schema(dumps(schema, sort_keys=True)).iter_errors(value)


def narrow_schema(schema: JsonObject, max_tokens: int) -> JsonObject:
    """Return the schema with local references written out, every text and list bounded, and nothing extra allowed.

    The bounds share what `max_tokens` can hold, so that a constrained answer ends before it is cut off. Whatever
    satisfies the narrowed schema satisfies the original, but for keywords that constrained decoding cannot follow
    (`pattern`, `format`, `not`, `if`): check the answer against the original too.
    """
    definitions: JsonObject = schema.get("$defs") or schema.get("definitions") or {}
    plain = _write_out(schema, definitions, _DEEPEST)
    texts = max(1, sum(1 for _ in _find_texts(plain)))
    return _bound(plain, min(LONGEST_TEXT, max(SHORTEST_CAP, max_tokens * 2 // texts)))


@lru_cache(maxsize=512)
def _compile_schema(text: str) -> jsonschema_rs.Validator:
    return jsonschema_rs.validator_for(text, retriever=_refuse_to_fetch)


def _refuse_to_fetch(uri: str) -> Any:
    raise LookupError(f"{uri} is not part of this schema, and schemas are never fetched")


def _write_out(node: Any, definitions: JsonObject, depth: int) -> Any:
    """Replace `$ref` to local definitions by what they name; a definition deeper than the limit becomes any value."""
    if not isinstance(node, dict) or depth == 0:
        return {}
    if "$ref" in node:
        return _write_out(
            definitions.get(str(node["$ref"]).rsplit("/", 1)[-1], {}),
            definitions,
            depth - 1,
        )
    kept = {key: value for key, value in node.items() if key in _KEPT}
    if "properties" in kept:
        kept["properties"] = {
            name: _write_out(child, definitions, depth - 1) for name, child in kept["properties"].items()
        }
    if "items" in kept:
        kept["items"] = _write_out(kept["items"], definitions, depth - 1)
    for choice in ("anyOf", "oneOf"):
        if choice in kept:
            kept[choice] = [_write_out(child, definitions, depth - 1) for child in kept[choice]]
    return kept


def _children(node: JsonObject) -> Iterator[JsonObject]:
    yield from node.get("properties", {}).values()
    if "items" in node:
        yield node["items"]
    yield from node.get("anyOf", ())
    yield from node.get("oneOf", ())


def _find_texts(node: JsonObject) -> Iterator[JsonObject]:
    if _is_free_text(node):
        yield node
    for child in _children(node):
        yield from _find_texts(child)


def _is_free_text(node: JsonObject) -> bool:
    return node.get("type") == "string" and "enum" not in node and "const" not in node


def _bound(node: JsonObject, longest: int) -> JsonObject:
    bounded = dict(node)
    if _is_free_text(node):
        bounded["maxLength"] = max(min(node.get("maxLength", longest), longest), node.get("minLength", 0))
    if node.get("type") == "array":
        bounded["maxItems"] = max(min(node.get("maxItems", MOST_ITEMS), MOST_ITEMS), node.get("minItems", 0))
        bounded["items"] = _bound(node.get("items") or {"type": "string"}, max(SHORTEST_CAP, longest // 2))
    if "properties" in node:
        bounded["properties"] = {name: _bound(child, longest) for name, child in node["properties"].items()}
        bounded["additionalProperties"] = False
    for choice in ("anyOf", "oneOf"):
        if choice in node:
            bounded[choice] = [_bound(child, longest) for child in node[choice]]
    return bounded
