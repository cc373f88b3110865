"""Every text that can be translated, gathered from templates, from code, and from the words of the rows."""

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from django.db.models import TextChoices
from django.utils import translation
from django.utils.translation.template import templatize

from audit.events import Kind
from audit.phrases import say_kind
from victoros.lib.shapes import LOOKS

AREAS = ("agents", "audit", "tasks", "victoros")
CALLS = {"gettext", "gettext_lazy", "gettext_noop", "ngettext", "ngettext_lazy", "sentence", "sentence_of_many"}
PLURALS = {"ngettext", "ngettext_lazy", "sentence_of_many"}
MODULES = {"django.utils.translation", "victoros.lib.sentences"}
COUNTED = {"say_many", "Noun"}
"""What takes a noun to count."""
NAMING = {
    "clean_name",
    "clean_line",
    "clean_text",
    "clean_data",
    "find_row",
    "machine",
    "_clean_limit",
    "_clean_number",
}
"""Functions that take a noun, which they say in what they refuse."""
FACTS = ("alive", "advancing", "right", "yes", "late", "no", "unknown", "system", "light", "dark", "unread")
VERBS = (
    "assign",
    "cancel",
    "pause",
    "refute",
    "release",
    "restart",
    "resume",
    "retry",
    "shelve",
    "start",
    "stop",
    "verify",
)
"""Acts as addresses name them."""
_STRING = r"""u?("(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*')"""
_CALL = re.compile(rf"\b(?:n?gettext|_)\(\s*{_STRING}(?:,\s*{_STRING})?", re.DOTALL)


class Text(NamedTuple):
    """A text to translate, with its plural where it counts something."""

    one: str
    many: str = ""


def gather_texts(root: Path) -> dict[Text, list[str]]:
    """Return every text with the files it stands in, both in order."""
    found: dict[Text, set[str]] = defaultdict(set)
    for path in sorted((root / "templates").rglob("*.html")):
        for text in _of_template(path.read_text()):
            found[text].add(str(path.relative_to(root)))
    for area in AREAS:
        for path in sorted((root / area).rglob("*.py")):
            for text in _of_code(path.read_text()):
                found[text].add(str(path.relative_to(root)))
    with translation.override(None):
        words = list(_of_rows())
    for word in words:
        found[Text(word)].add("audit/events.py and the states of the models")
    return {text: sorted(found[text]) for text in sorted(found) if text.one.strip()}


def _of_template(source: str) -> Iterator[Text]:
    for one, many in _CALL.findall(templatize(source)):
        yield Text(ast.literal_eval(one), ast.literal_eval(many) if many else "")


def _of_code(source: str) -> Iterator[Text]:
    tree = ast.parse(source)
    names = {
        alias.asname or alias.name: alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module in MODULES
        for alias in node.names
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            yield from _of_call(names.get(node.func.id, node.func.id), node.args)


def _of_call(name: str, arguments: list[ast.expr]) -> Iterator[Text]:
    said = [part.value for part in arguments if isinstance(part, ast.Constant) and isinstance(part.value, str)]
    if name in COUNTED and said:
        yield Text(f"%(count)s {said[0]}", f"%(count)s {said[0]}s")
    elif name == "Tool" and len(said) > 1:
        yield Text(said[1])
    elif name in NAMING and said:
        yield Text(said[0])
    elif name in CALLS and said:
        yield Text(said[0], said[1] if name in PLURALS and len(said) > 1 else "")


def _of_rows() -> Iterator[str]:
    """Yield the words that pages make of states and kinds: `in progress`, `task completed`, `was paused`."""
    names = {*LOOKS, *FACTS, *VERBS, *Kind.values}
    for choices in TextChoices.__subclasses__():
        if choices.__module__.split(".")[0] in AREAS and choices.__module__ != "tasks.engine.points":
            names.update(str(value) for value in choices.values)
    yield from (name.replace("_", " ").replace(".", " ") for name in names)
    yield from (say_kind(kind) for kind in Kind.values)
