"""What is wrong with the arguments of a tool, argument by argument, in the words of whoever reads it."""

import json
from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from typing import Any

from django.utils.translation import gettext_noop
from jsonschema_rs import ValidationError

from agents.llm.schemas import iterate_faults
from agents.llm.types import JsonObject
from victoros.lib.sentences import Sentence
from victoros.lib.sentences import sentence as _

MOST = 20
"""So many faults are told at once."""
LONGEST = 120
"""Characters of a value or rule that is repeated in a sentence."""
Fault = tuple[str, Sentence]
"""An argument, empty for all of them, and what is wrong with it."""


_KINDS = {
    "string": gettext_noop("a text"),
    "integer": gettext_noop("a whole number"),
    "number": gettext_noop("a number"),
    "boolean": gettext_noop("true or false"),
    "array": gettext_noop("a list"),
    "object": gettext_noop("an object with names and values"),
    "null": gettext_noop("empty"),
}
_LIMITS = {
    "minimum": gettext_noop("It must be %(limit)s or more."),
    "maximum": gettext_noop("It must be %(limit)s or less."),
    "exclusiveMinimum": gettext_noop("It must be more than %(limit)s."),
    "exclusiveMaximum": gettext_noop("It must be less than %(limit)s."),
    "multipleOf": gettext_noop("It must be a multiple of %(limit)s."),
}
_LENGTHS = {
    "minLength": gettext_noop("It is too short: %(length)s of at least %(limit)s characters."),
    "maxLength": gettext_noop("It is too long: %(length)s of at most %(limit)s characters."),
    "minItems": gettext_noop("It has too few entries: %(length)s of at least %(limit)s."),
    "maxItems": gettext_noop("It has too many entries: %(length)s of at most %(limit)s."),
    "minProperties": gettext_noop("It holds too little: %(length)s of at least %(limit)s names."),
    "maxProperties": gettext_noop("It holds too much: %(length)s of at most %(limit)s names."),
}


def find_faults(arguments: Mapping[str, Any], schema: JsonObject) -> list[Fault]:
    """Return all that is wrong with the arguments, those that are missing or unknown among it."""
    found = (fault for error in iterate_faults(arguments, schema) for fault in _read(error))
    return list(islice(found, MOST))


def _read(error: ValidationError) -> Iterator[Fault]:
    """Put a fault to its argument: one that is missing or unknown is the argument itself, not the object that lacks or holds it."""
    rule, path = error.kind.name, list(error.instance_path)
    if rule == "required":
        yield _place([*path, error.kind.value], _("It is missing."))
    elif rule in ("additionalProperties", "unevaluatedProperties"):
        for name in error.kind.value:
            yield _place([*path, name], _("The tool knows nothing of that name."))
    else:
        yield _place(path, _say(error))


def _place(path: list[str | int], said: Sentence) -> Fault:
    argument, inside = (str(path[0]), path[1:]) if path else ("", [])
    for part in reversed(inside):
        where = _("entry %(n)s") % {"n": part + 1} if isinstance(part, int) else Sentence(_cut(part))
        said = Sentence("%(where)s: %(said)s") % {"where": where, "said": said}
    return argument, said


def _say(error: ValidationError) -> Sentence:
    rule, value = error.kind.name, error.kind.value
    if rule in _LIMITS:
        return _(_LIMITS[rule]) % {"limit": _figure(value)}
    if rule in _LENGTHS and isinstance(error.instance, str | list | dict):
        return _(_LENGTHS[rule]) % {"length": _figure(len(error.instance)), "limit": _figure(value)}
    say = _OTHERS.get(rule)
    return say(value) if say else _("It breaks the rule %(rule)s of the tool.") % {"rule": _cut(rule)}


def _say_type(kinds: list[str]) -> Sentence:
    ordered = sorted(kinds, key=lambda kind: kind == "null")
    return _("It must be %(kinds)s.") % {"kinds": _join([_(_KINDS.get(kind, kind)) for kind in ordered])}


def _say_choice(branches: list[list[ValidationError]]) -> Sentence:
    """Name the kinds where nothing but the kind of value fits none of several forms."""
    types = [one for branch in branches for one in branch if one.kind.name == "type" and len(branch) == 1]
    if branches and len(types) == len(branches) and len({tuple(one.instance_path) for one in types}) == 1:
        return _say_type([kind for one in types for kind in one.kind.value])
    return _("It fits none of the forms it may have.")


def _join(words: list[Sentence]) -> Sentence:
    said = words[0]
    for word in words[1:]:
        said = _("%(one)s or %(other)s") % {"one": said, "other": word}
    return said


def _figure(value: Any) -> str:
    return f"{value:,}" if isinstance(value, int | float) else str(value)


def _written(value: Any) -> str:
    return _cut(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[:LONGEST]} …"


_OTHERS: dict[str, Callable[[Any], Sentence]] = {
    "type": _say_type,
    "anyOf": _say_choice,
    "oneOf": _say_choice,
    "enum": lambda options: _("It must be one of: %(options)s.") % {"options": _cut(", ".join(map(_written, options)))},
    "const": lambda value: _("It must be %(value)s.") % {"value": _written(value)},
    "pattern": lambda pattern: _("It must match the pattern %(pattern)s.") % {"pattern": _cut(pattern)},
    "format": lambda name: _("It must be written as the format %(name)s asks.") % {"name": _cut(name)},
    "falseSchema": lambda nothing: _("Nothing is allowed here."),
    "uniqueItems": lambda value: _("It holds the same entry twice."),
}
