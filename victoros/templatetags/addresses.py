"""`{% url %}` that looks for each address once. Everywhere without `{% load %}`: settings name it among the builtins.

A list of fifty rows holds three hundred addresses, and Django's own tag takes 20 us for each, every time the page is painted.
"""

from functools import lru_cache
from typing import Any

from django import template
from django.conf import settings
from django.template import defaulttags
from django.urls import NoReverseMatch, get_script_prefix, get_urlconf, reverse
from django.utils.html import conditional_escape
from django.utils.safestring import SafeString

register = template.Library()

KEPT = 8192
"""Addresses a process remembers, about 2 MB; those asked for longest ago are forgotten first."""


class _Url(defaulttags.URLNode):
    """Finds by name and by plain numbers and texts; all else, such as a name with a namespace, is left to Django."""

    def render(self, context: template.Context) -> SafeString | str:
        name, args = self.view_name.resolve(context), tuple([arg.resolve(context) for arg in self.args])
        if self.kwargs or ":" in name or not all(type(arg) in (int, str) for arg in args):
            return super().render(context)
        try:
            url, escaped = _find(get_urlconf() or settings.ROOT_URLCONF, get_script_prefix(), name, args)
        except NoReverseMatch:
            return super().render(context)  # which says so, or leaves the name empty
        if self.asvar:
            context[self.asvar] = url
            return ""
        return escaped if context.autoescape else url


@register.tag
def url(parser: Any, token: Any) -> _Url:
    """Write the address of a page: as Django's tag of this name."""
    node = defaulttags.url(parser, token)
    return _Url(node.view_name, node.args, node.kwargs, node.asvar)


@lru_cache(KEPT)
def _find(urlconf: str, prefix: str, name: str, args: tuple[int | str, ...]) -> tuple[str, SafeString]:
    found = reverse(name, urlconf, args)
    return found, conditional_escape(found)
