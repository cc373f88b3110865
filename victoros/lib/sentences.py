"""Sentences that go into rows: kept as a text of the catalogue and its plain arguments, said in the language of who reads them."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import reduce
from typing import Any, Self

from django.db import models
from django.utils.translation import gettext, ngettext, override

LONGEST_ARGUMENT = 300
"""Characters that a row keeps of one argument, such as an answer from outside."""


@dataclass(frozen=True)
class Origin:
    """From what a sentence was made."""

    text: str
    """As it stands in the code and in the catalogues."""
    many: str = ""
    """Its plural, where it counts something."""
    count: int = 0
    given: Mapping[str, Any] | None = None
    """What is filled in; None where nothing is, so that a % stays one."""
    is_plain: bool = False
    """Whether it is no text of the catalogue, such as an agent's own words, even where it reads like one."""


class Sentence(str):
    """A translated sentence that remembers its origin.

    Everywhere but in a `SentenceField` it is a string like any other; what is cut from it or joined to it is a plain one.
    """

    origin: Origin

    def __new__(cls, said: str, origin: Origin | None = None) -> Self:
        """Say `said`; without an origin it says the same in every language."""
        made = super().__new__(cls, said)
        made.origin = origin or Origin(str(said), is_plain=True)
        return made

    def __mod__(self, given: Any) -> "Sentence":
        """Fill the named places in; arguments may be sentences themselves."""
        was = self.origin
        return Sentence(str.__mod__(self, given), Origin(was.text, was.many, was.count, given))


def sentence(text: str) -> Sentence:
    """Return a text of the catalogue in the reader's language: the `gettext` of what may go into a row."""
    return Sentence(gettext(text) if text else "", Origin(text))


def sentence_of_many(one: str, many: str, count: int) -> Sentence:
    """Return the form that fits a number, in the reader's language: the `ngettext` of what may go into a row."""
    return Sentence(ngettext(one, many, count), Origin(one, many, count))


def list_sentences(sentences: Iterable[Sentence]) -> Sentence:
    """Return some sentences as one, with commas between them."""
    return reduce(lambda before, one: Sentence("%(before)s, %(one)s") % {"before": before, "one": one}, sentences)


def in_english(said: str) -> str:
    """Return what the code says, whoever is at work: for the record and for plain columns, which keep one language."""
    with override("en"):
        return str(unpack(pack(said)))


def shorten(said: str, most: int) -> str:
    """Cut a plain string; a sentence stays whole, as its text is the code's and its arguments are cut by themselves."""
    return said if isinstance(said, Sentence) else said[:most]


def pack(said: str) -> str:
    """Return a sentence as rows keep it; empty stays empty, and a plain string says the same in every language."""
    return json.dumps(_form_of(said), ensure_ascii=False) if said else ""


def unpack(kept: str) -> Sentence:
    """Return a kept sentence in the reader's language. Rows of former times hold the sentence itself: it stays as it is."""
    try:
        form = json.loads(kept) if kept.startswith('{"text"') else None
    except ValueError:
        form = None
    return Sentence(kept) if form is None else _say(form)


def _form_of(said: str) -> dict[str, Any]:
    origin = said.origin if isinstance(said, Sentence) else Origin(str(said), is_plain=True)
    form: dict[str, Any] = {"text": origin.text}
    if origin.is_plain:
        form["plain"] = True
    if origin.many:
        form |= {"many": origin.many, "count": origin.count}
    if origin.given is not None:
        form["given"] = {name: _keep(value) for name, value in origin.given.items()}
    return form


def _keep(value: Any) -> Any:
    if isinstance(value, Sentence):
        return _form_of(value)
    return value if isinstance(value, int | float | None) else str(value)[:LONGEST_ARGUMENT]


def _say(form: Mapping[str, Any]) -> Sentence:
    """Say a form; where a translation does not fit its arguments, the text is said as it stands in the code."""
    text, given = form["text"], form.get("given")
    if form.get("plain"):
        return Sentence(text)
    said = sentence_of_many(text, form["many"], form["count"]) if "many" in form else sentence(text)
    if given is None:
        return said
    try:
        return said % {name: _say(value) if isinstance(value, dict) else value for name, value in given.items()}
    except (KeyError, TypeError, ValueError):
        return Sentence(text, Origin(text, given=given))


class SentenceField(models.TextField):  # type: ignore[type-arg]
    """A column for one sentence. What is read from it is said in the language that is active then."""

    def get_prep_value(self, value: Any) -> Any:
        """Keep text and arguments instead of what they say."""
        return pack(value) if isinstance(value, str) else super().get_prep_value(value)

    def from_db_value(self, value: str | None, expression: Any, connection: Any) -> Sentence | None:
        """Say what was kept."""
        return None if value is None else unpack(value)

    def deconstruct(self) -> Any:
        """Stand in migrations as the plain text column it is: they import no code of ours."""
        name, _path, args, kwargs = super().deconstruct()
        return name, "django.db.models.TextField", args, kwargs
