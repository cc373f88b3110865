"""`{% load sentences %}`: what Django has for languages, and a sentence that stands in the template is looked up once in each.

A list of fifty rows says five hundred of them, and each goes through the catalogue and is escaped again: an eighth of the page.
"""

from typing import Any

from django import template
from django.templatetags import i18n
from django.utils.translation import get_language

register = template.Library()
register.tags.update(i18n.register.tags)
register.filters.update(i18n.register.filters)


class _Sentence(template.Node):
    """What a tag says that depends on nothing but the language."""

    child_nodelists = ()

    def __init__(self, node: i18n.TranslateNode) -> None:
        self._node = node
        self._said: dict[str | None, str] = {}

    def render(self, context: template.Context) -> str:
        language = get_language()
        if language not in self._said:
            self._said[language] = self._node.render(context)
        return self._said[language]


def translate(parser: Any, token: Any) -> template.Node:
    """Say a sentence in the reader's language: as Django's tag of this name."""
    node = i18n.do_translate(parser, token)
    return _Sentence(node) if _is_plain(node) else node


def _is_plain(node: i18n.TranslateNode) -> bool:
    sentence = node.filter_expression
    is_literal = getattr(sentence.var, "literal", None) is not None
    return is_literal and not (sentence.filters or node.asvar or node.noop or node.message_context)


for _name in ("trans", "translate"):
    register.tag(_name, translate)
