"""Every text of the templates stands inside a tag that translates it."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from victoros.settings import BASE_DIR

TEMPLATES = BASE_DIR / "templates"
PAGES = sorted(TEMPLATES.rglob("*.html"))
FOR_DEVELOPERS = {"dashboard/gallery.html"}  # examples with made-up texts, shown to staff alone
TAG = re.compile(r"\{%.*?%\}|\{\{.*?\}\}|\{#.*?#\}", re.DOTALL)
BLOCK = re.compile(r"\{%\s*(blocktranslate|comment)\b.*?\{%\s*end\1\s*%\}", re.DOTALL)
PART = re.compile(r"""<(?:"[^"]*"|'[^']*'|[^>"'])*>|[^<]+""")
ATTRIBUTE = re.compile(r'\b(?:aria-label|aria-description|title|placeholder|alt|data-label)="([^"]*)"')
ARGUMENT = re.compile(r'\b(?:title|text|label|submit|why|question|note|undo|dismiss)="([^"]*)"')
KEPT = re.compile(r"<(kbd|code|script|style)\b.*?</\1>", re.DOTALL)
NAMES = {"Victor.os", "· Victor.os", "CSV", "CSV (Excel)", "JSON", "ms", "n"}  # the same in every language


def _blank(found: re.Match[str]) -> str:
    return "\x00" * len(found.group())


def _is_said(text: str) -> bool:
    plain = re.sub(r"&\w+;|\x00", " ", text).strip()
    return plain not in NAMES and bool(re.search(r"[A-Za-z]", plain))


def _untranslated(source: str) -> Iterator[str]:
    """Yield what a person would read in one language only."""
    for found in TAG.finditer(source):
        if found.group().startswith("{% include"):
            yield from (said for said in ARGUMENT.findall(found.group()) if re.match(r"[A-Z]|.* ", said))
        yield from re.findall(r'\|default:"([a-z]+ [^"]*|[A-Z][^"]*)"', found.group())
    bare = KEPT.sub(_blank, TAG.sub(_blank, BLOCK.sub(_blank, source)))
    for part in PART.findall(bare):
        texts = ATTRIBUTE.findall(part) if part.startswith("<") else [part]
        yield from (text for text in texts if _is_said(text))


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(TEMPLATES)))
def test_no_text_stands_outside_a_translation(path: Path) -> None:
    """A page is read in the language of whoever reads it."""
    if str(path.relative_to(TEMPLATES)) in FOR_DEVELOPERS:
        pytest.skip("for developers")
    assert list(_untranslated(path.read_text())) == []


@pytest.mark.parametrize(
    "source",
    [
        "<p>Stop this</p>",
        '<nav aria-label="Main"></nav>',
        "{% if a %}by {{ b }}{% endif %}",
        '{% include "x.html" with title="No tasks" only %}',
        '{{ a|default:"the system" }}',
        "<p>{% translate 'One' %} and two</p>",
    ],
)
def test_the_search_finds_a_text_in_one_language(source: str) -> None:
    """What this file promises is worth as much as its search."""
    assert list(_untranslated(source))


@pytest.mark.parametrize(
    "source",
    [
        "<p>{% translate 'Stop this' %}</p>",
        '{% blocktranslate with a=b %}by <b class="x">{{ a }}</b>{% endblocktranslate %}',
        "<kbd>Esc</kbd> {{ page.count }} · <title>{{ x }} · Victor.os</title>",
        '{% include "x.html" with title=_("No tasks") tone="wait" only %}',
        '<span class="a" data-tone="wait" title="{% translate \'Why\' %}">&nbsp;</span>',
    ],
)
def test_the_search_leaves_alone_what_is_translated(source: str) -> None:
    """Tags, names and keys are no texts."""
    assert list(_untranslated(source)) == []
