"""What is wrong with arguments is told argument by argument, in the reader's language."""

from typing import Any

import pytest
from django.utils.translation import override

from agents.tools.faults import MOST, find_faults


def tell(rule: Any, value: Any) -> list[str]:
    return [said for name, said in find_faults({"it": value}, {"type": "object", "properties": {"it": rule}})]


@pytest.mark.parametrize(
    ("rule", "value", "english", "german"),
    [
        ({"type": "string"}, 3, "It must be a text.", "Das muss ein Text sein."),
        ({"type": ["integer", "null"]}, "x", "It must be a whole number or empty.", "Das muss eine ganze Zahl oder leer sein."),
        ({"minLength": 3}, "ab", "It is too short: 2 of at least 3 characters.", "Zu kurz: 2 von mindestens 3 Zeichen."),
        (
            {"maxLength": 1_000}, "a" * 2_000,
            "It is too long: 2,000 of at most 1,000 characters.", "Zu lang: 2,000 von höchstens 1,000 Zeichen.",
        ),
        ({"minimum": 3}, 2, "It must be 3 or more.", "Das muss mindestens 3 sein."),
        ({"maximum": 3}, 4, "It must be 3 or less.", "Das darf höchstens 3 sein."),
        ({"exclusiveMinimum": 3}, 3, "It must be more than 3.", "Das muss größer als 3 sein."),
        ({"exclusiveMaximum": 3}, 3, "It must be less than 3.", "Das muss kleiner als 3 sein."),
        ({"multipleOf": 5}, 3, "It must be a multiple of 5.", "Das muss ein Vielfaches von 5 sein."),
        ({"pattern": "^a"}, "b", "It must match the pattern ^a.", "Das muss zum Muster ^a passen."),
        ({"enum": ["a", 1]}, "b", "It must be one of: a, 1.", "Erlaubt ist eines von: a, 1."),
        ({"const": 4}, 5, "It must be 4.", "Das muss 4 sein."),
        ({"minItems": 1}, [], "It has too few entries: 0 of at least 1.", "Zu wenige Einträge: 0 von mindestens 1."),
        ({"maxItems": 1}, [1, 2], "It has too many entries: 2 of at most 1.", "Zu viele Einträge: 2 von höchstens 1."),
        ({"uniqueItems": True}, [1, 1], "It holds the same entry twice.", "Derselbe Eintrag steht zweimal darin."),
        (
            {"anyOf": [{"type": "string"}, {"type": "boolean"}]}, 1,
            "It must be a text or true or false.", "Das muss ein Text oder wahr oder falsch sein.",
        ),
        (
            {"oneOf": [{"minimum": 3}, {"type": "string"}]}, 1,
            "It fits none of the forms it may have.", "Das passt zu keiner der erlaubten Formen.",
        ),
        ({"items": {"type": "string"}}, ["a", 1], "entry 2: It must be a text.", "Eintrag 2: Das muss ein Text sein."),
        (False, 1, "Nothing is allowed here.", "Hier ist nichts erlaubt."),
        ({"not": {}}, 1, "It breaks the rule not of the tool.", "Das widerspricht der Regel not des Werkzeugs."),
    ],
)  # fmt: skip
def test_a_broken_rule_is_told_in_both_languages(rule: Any, value: Any, english: str, german: str) -> None:
    assert tell(rule, value) == [english]
    with override("de"):
        assert tell(rule, value) == [german]


def test_all_of_it_is_told_at_once_each_with_its_argument() -> None:
    asked = {
        "type": "object",
        "properties": {"a": {"type": "string"}, "b": {}, "c": {}},
        "required": ["a", "b", "c"],
        "additionalProperties": False,
    }
    assert sorted(find_faults({"a": 1, "d": 2, "e": 3}, asked)) == [
        ("a", "It must be a text."),
        ("b", "It is missing."),
        ("c", "It is missing."),
        ("d", "The tool knows nothing of that name."),
        ("e", "The tool knows nothing of that name."),
    ]
    assert find_faults({"a": "", "b": 1, "c": 1}, asked) == []


def test_what_is_inside_an_argument_says_where() -> None:
    entry = {"type": "object", "properties": {"path": {"type": "string"}}, "required": ["path", "line"]}
    asked = {"type": "object", "properties": {"found": {"type": "array", "items": entry}}}
    assert sorted(find_faults({"found": [{"path": 1}]}, asked)) == [
        ("found", "entry 1: line: It is missing."),
        ("found", "entry 1: path: It must be a text."),
    ]


def test_faults_are_short_and_few_however_much_is_wrong() -> None:
    many = find_faults({str(n): n for n in range(500)}, {"properties": {}, "additionalProperties": False})
    assert len(many) == MOST
    assert all(len(said) < 500 for said in tell({"enum": ["x" * 10_000]}, "y" * 10_000))
