"""Sentences of templates: looked up once in each language, and what Django's own tag would say."""

import pytest
from django.template import Context, Template
from django.templatetags.i18n import TranslateNode
from django.utils.translation import override


def say(tag: str, **names: object) -> str:
    return Template(f"{{% load sentences %}}{tag}").render(Context(names))


def test_a_sentence_is_looked_up_once_in_each_language(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[object] = []
    own = TranslateNode.render

    def render(self: TranslateNode, context: Context) -> str:
        asked.append(self)
        return own(self, context)

    monkeypatch.setattr(TranslateNode, "render", render)
    made = Template("{% load sentences %}{% translate 'Cancel' %}")
    said = []
    for language in ("en", "de", "en", "de"):
        with override(language):
            said.append(made.render(Context()))
    assert said == ["Cancel", "Abbrechen", "Cancel", "Abbrechen"]
    assert len(asked) == 2


def test_what_depends_on_more_is_said_anew() -> None:
    with override("de"):
        assert [say("{% translate word %}", word=word) for word in ("Cancel", "Show")] == ["Abbrechen", "Zeigen"]
        assert say("{% translate 'Cancel' as word %}({{ word }})") == "(Abbrechen)"
        assert say("{% translate 'Cancel' noop %}") == "Cancel"
        assert say("{% translate 'Cancel'|upper %}") == "ABBRECHEN"
        assert say("{% trans 'Cancel' %}") == "Abbrechen"


def test_signs_are_written_as_django_writes_them() -> None:
    assert say("{% translate '100 % of <b>it</b>' %}") == "100 % of <b>it</b>"
    assert say("{% translate word %}", word="<b>") == "&lt;b&gt;"
